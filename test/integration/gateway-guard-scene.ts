import type { Container } from '../host/container.ts';
import { framesProgram } from '../host/frame-sender.ts';
import type { Place } from '../host/inside.ts';
import { at, type Member, named, Scene, subnets } from './isolation-scene.ts';

/** The gateways of the network. */
export const gateways = at(1, 1);

/** A network of bottles behind `sentry`, the network by which that goes on, and one beside them. */
export function gatewayNetworks(options: object = {}) {
  return {
    bottles: { ...subnets(1), gateway: gateways, ...options },
    uplink: subnets(2),
    front: subnets(3),
  };
}

export function gatewayIps(more: object = {}): object {
  const entries = gateways.map(
    (ip) => [ip, { container_name: 'sentry', as_gateway: true, ...more }] as const,
  );
  return { ...Object.fromEntries(entries), ...named({ bottle: at(1, 20), other: at(1, 21) }) };
}

export interface GatewayScene {
  readonly scene: Scene;
  readonly sentry: Member & { readonly place: Container };
  readonly bottle: Member & { readonly place: Container };
  readonly other: Member;
  /** May do in its namespace as it likes. */
  readonly rogue: Member & { readonly place: Container };
}

/** A scene with the networks, the gateway and three bottles; the host passes on whatever nobody tells it to drop. */
export async function startGatewayScene(
  policies: readonly object[],
  options: object = {},
): Promise<GatewayScene> {
  const scene = await Scene.start();
  try {
    await scene.host.sh(
      'ip route add default via 10.9.0.2; ip -6 route add default via fd09::2; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding',
    );
    await scene.apply(gatewayNetworks(options), policies, gatewayIps());
    const [ipv4 = '', ipv6 = ''] = at(2, 2);
    const place = await scene.host.container('sentry', { networks: { uplink: { ipv4, ipv6 } } });
    const bottle = await member(scene, 'bottle', at(1, 20), { ports: ['8080:80'] });
    const other = await member(scene, 'other', at(1, 21));
    const rogue = await member(scene, 'rogue', at(1, 66), { capAdd: ['NET_ADMIN', 'NET_RAW'] });
    await scene.apply(gatewayNetworks(options), policies, gatewayIps());
    const sentry = { name: 'sentry', place, addresses: at(2, 2) };
    await scene.listen({ ...sentry, addresses: [...sentry.addresses, ...gateways] });
    return { scene, sentry, bottle, other, rogue };
  } catch (error) {
    await scene.host.stop();
    throw error;
  }
}

async function member(
  scene: Scene,
  name: string,
  addresses: readonly string[],
  more: object = {},
): Promise<Member & { readonly place: Container }> {
  const [ipv4 = '', ipv6 = ''] = addresses;
  const place = await scene.host.container(name, { networks: { bottles: { ipv4, ipv6 } }, ...more });
  await scene.listen({ name, place, addresses });
  return { name, place, addresses };
}

/** Everything that the member sends past its own network it sends to the host's bridge. */
export async function goByTheBridge(scene: Scene, { place }: Member): Promise<void> {
  const mac = (await scene.host.sh('cat /sys/class/net/nw-bottles/address')).trim();
  await scene.host.sh(
    gateways.map((to) => `ip neighbour replace ${to} lladdr ${mac} dev eth0 nud permanent`).join('\n'),
    { in: place },
  );
}

/** How many packets that match have come there since, before anything could drop them. */
export async function countAt(
  scene: Scene,
  { place }: Pick<Member, 'place'>,
  match: string,
): Promise<() => Promise<number>> {
  const chain = 'type filter hook prerouting priority -400;';
  await scene.host.exec(['nft', '-f', '-'], {
    input: `add table inet seen\ndelete table inet seen\ntable inet seen { chain first { ${chain} ${match} counter; }; }`,
    in: place,
  });
  return async () => {
    const listed = await scene.host.sh('nft list table inet seen', { in: place });
    return Number(/packets (\d+)/.exec(listed)?.[1]);
  };
}

/** Sends the frame by the interface of the container, as it is. */
export async function sendFrame(scene: Scene, place: Place, frame: Buffer): Promise<void> {
  const input = `send eth0 1 ${frame.toString('hex')}\n`;
  const { stdout, stderr } = await scene.host.exec(['perl', framesProgram], { input, in: place });
  if (stdout !== 'ok\n') throw new Error(`${stdout}${stderr}`);
}
