import type { Container } from '../host/container.ts';
import { at, type Member, type Scene, subnets } from './isolation-scene.ts';

export const bridge = 'nw-bottles';
/** The gateways of the network, and what the container that is its gateway is given there by the engine. */
export const gateways = at(1, 1);
const own = at(1, 2);

/** A network of bottles behind `sentry`, the network by which that goes on, and one beside them. */
export function gatewayNetworks(options: object = {}) {
  const { subnet } = subnets(1);
  return {
    bottles: {
      subnet,
      gateway: gateways,
      options: { 'com.docker.network.bridge.inhibit_ipv4': 'true' },
      ...options,
    },
    uplink: subnets(2),
    front: subnets(3),
  };
}

export function gatewayIps(more: object = {}): object {
  const entries = gateways.map(
    (ip) => [ip, { container_name: 'sentry', as_gateway: true, ...more }] as const,
  );
  return Object.fromEntries(entries);
}

/** A container that passes on what members of `bottles` send it. */
export async function startSentry(scene: Scene): Promise<Member & { readonly place: Container }> {
  const forwarding = { 'net.ipv4.ip_forward': '1', 'net.ipv6.conf.all.forwarding': '1' };
  const [ipv4 = '', ipv6 = ''] = own;
  const [up4 = '', up6 = ''] = at(2, 2);
  const place = await scene.host.container('sentry', {
    networks: { bottles: { ipv4, ipv6 }, uplink: { ipv4: up4, ipv6: up6 } },
    sysctls: forwarding,
  });
  const sentry = { name: 'sentry', place, addresses: at(2, 2) };
  await beGateway(scene, sentry);
  await scene.listen({ ...sentry, addresses: [...sentry.addresses, ...gateways] });
  return sentry;
}

/** Gives it the gateways, its own way on, and has it hide the members behind itself. */
export async function beGateway(scene: Scene, { place }: Member, masquerade = true): Promise<void> {
  const [four = '', six = ''] = gateways;
  const [up4 = '', up6 = ''] = at(2, 1);
  const [from4 = '', from6 = ''] = subnets(1).subnet;
  const hide = (tool: string, subnet: string) =>
    `${tool} -t nat -F POSTROUTING; ${masquerade ? `${tool} -t nat -A POSTROUTING -s ${subnet} -j MASQUERADE ! -o $near` : ''}`;
  await scene.host.sh(
    `set -e
    dev() { ip -o address show to "$1" | cut -d ' ' -f 2; }
    near=$(dev ${own[0]}) far=$(dev ${at(2, 2)[0]})
    ip address replace ${four}/24 dev $near
    ip address replace ${six}/64 dev $near nodad
    ip route replace default via ${up4} dev $far
    ip -6 route replace default via ${up6} dev $far
    ${hide('iptables', from4)}
    ${hide('ip6tables', from6)}`,
    { in: place },
  );
}

/** Everything that the member sends past its own network it sends to the host's bridge. */
export async function goByTheBridge(scene: Scene, { place }: Member): Promise<void> {
  const [four = '', six = ''] = gateways;
  const mac = (await scene.host.sh(`cat /sys/class/net/${bridge}/address`)).trim();
  await scene.host.sh(
    [four, six].map((to) => `ip neighbour replace ${to} lladdr ${mac} dev eth0 nud permanent`).join('\n'),
    { in: place },
  );
}

/** How many packets that match have come out where the peer of the scene is. */
export async function countAtPeer(scene: Scene, matches: Readonly<Record<string, string>>) {
  const counters = Object.entries(matches).map(([name, match]) => `${match} counter comment "${name}";`);
  const chain = 'type filter hook prerouting priority -400;';
  await scene.host.exec(['nft', '-f', '-'], {
    input: `table inet seen { chain first { ${chain} ${counters.join(' ')} }; }`,
    in: scene.peer.place,
  });
  return async (name: string): Promise<number> => {
    const listed = await scene.host.sh('nft list table inet seen', { in: scene.peer.place });
    return Number(new RegExp(`packets (\\d+) .*"${name}"`).exec(listed)?.[1]);
  };
}
