import type { Container } from '../host/container.ts';
import { userChain } from '../host/engine-under-test.ts';
import { FrameSender, withPerl } from '../host/frame-sender.ts';
import type { HostProcess } from '../host/host-process.ts';
import type { Place } from '../host/inside.ts';
import type { Outside } from '../host/outside.ts';
import { startHost, type ThrowawayHost } from '../host/throwaway-host.ts';
import { until } from './daemon-scene.ts';
import { Observers } from './escape-observers.ts';
import {
  hostAddresses,
  hostAddresses6,
  internet,
  type Station,
  type Target,
  uplink,
} from './escape-target.ts';

const file = {
  networks: {
    bottle: { subnet: ['172.20.5.0/24', 'fd20:5::/64'], gateway: ['172.20.5.1', 'fd20:5::1'] },
    uplink: { subnet: ['172.20.9.0/24', 'fd20:9::/64'], gateway: [uplink.gateway, 'fd20:9::1'] },
  },
  ips: {
    '172.20.5.1': { container_name: 'sentry', as_gateway: true },
    'fd20:5::1': { container_name: 'sentry', as_gateway: true },
    [uplink.ip]: { container_name: 'sentry' },
    [uplink.ip6]: { container_name: 'sentry' },
  },
};

/** A container that attempts, and what it knows. */
export interface Hostile {
  readonly place: Container;
  readonly sender: FrameSender;
  readonly target: Target;
}

/**
 *   bottle, armed, member ── the bottle network ── sentry ── uplink ── the host ── up0 ── the internet
 *   free, other ── an ordinary network, of which the host is the gateway ─────┘
 */
export interface EscapeScene {
  readonly host: ThrowawayHost;
  readonly internet: Outside;
  readonly daemon: HostProcess;
  readonly sentry: Container;
  readonly observers: Observers;
  /** With Docker's default capabilities, of which here only NET_RAW matters. */
  readonly bottle: Hostile;
  /** With NET_ADMIN and NET_RAW. */
  readonly armed: Hostile;
  /** As armed, in the ordinary network: whatever it attempts arrives. */
  readonly free: Hostile;
  readonly member: Container;
  readonly other: Container;
}

/** From whom everything is attempted, in words and in the scene. */
export const hostiles = [
  ["with Docker's default capabilities", 'bottle'],
  ['with NET_ADMIN and NET_RAW', 'armed'],
] as const;

/** Whether it is answered there, over IPv4 and IPv6. */
export async function reachesInternet(host: ThrowawayHost, from: Place): Promise<boolean> {
  const asked = await Promise.all(
    [internet.ip, internet.ip6].map(
      async (address) => await host.connect(from, { address, port: 80, timeoutMs: 300 }),
    ),
  );
  return asked.every(({ kind }) => kind === 'answered');
}

/** Resolves when netwright keeps the network and what SENTRY lets through gets through. */
export async function startEscapeScene(): Promise<EscapeScene> {
  const host = await startHost();
  try {
    const beyond = await host.outside(
      'up0',
      [`${hostAddresses.up0}/24`, `${hostAddresses6.up0}/64`],
      [`${internet.ip}/24`, `${internet.ip6}/64`],
    );
    // As open a host as there is: it passes on whatever it is not told to drop.
    await host.sh(`ip route add default via ${internet.ip}
      ip -6 route add default via ${internet.ip6}
      ip address add ${hostAddresses.lo}/32 dev lo
      ip address add ${hostAddresses6.lo}/128 dev lo nodad
      for name in ipv4.ip_forward ipv6.conf.all.forwarding ipv4.conf.all.route_localnet; do
        echo 1 >/proc/sys/net/$(echo $name | tr . /)
      done`);
    await host.network('open', {
      subnet: ['172.20.6.0/24', 'fd20:6::/64'],
      gateway: ['172.20.6.1', 'fd20:6::1'],
    });
    const both = ['NET_ADMIN', 'NET_RAW'];
    const daemon = await host.startNetwright(['watch'], { file: host.write('networks.json', file) });
    await daemon.waitForLine(/waiting/i, 30_000);
    const into = (network: string, capAdd: readonly string[]) => ({
      ...withPerl,
      networks: [network],
      capAdd,
    });
    const [sentry, bottle, armed, member, free, other] = await Promise.all([
      host.container('sentry', {
        networks: { uplink: { ipv4: uplink.ip, ipv6: uplink.ip6 } },
        ports: [`${uplink.published}:80`],
      }),
      host.container('bottle', into('bottle', ['NET_RAW'])),
      host.container('armed', into('bottle', both)),
      host.container('member', { networks: ['bottle'] }),
      host.container('free', into('open', both)),
      host.container('other', { networks: ['open'] }),
    ]);
    await host.listen(beyond, { port: 80 });
    await until('a member reaches the internet', 60_000, async () => await reachesInternet(host, member));
    const stations = async (place: Container, near: Container, gateway?: Station): Promise<Target> => ({
      self: await station(host, place),
      member: await station(host, near),
      gateway: gateway ?? (await station(host, near)),
      bridge: await bridgeOf(host, place),
    });
    const hostile = async (place: Container, near: Container, gateway?: Station): Promise<Hostile> => ({
      place,
      sender: await FrameSender.start(host.docker, place),
      target: await stations(place, near, gateway),
    });
    const sentryAt = {
      mac: (await hardware(host, sentry, '172.20.5.1')) ?? '',
      ip: '172.20.5.1',
      ip6: 'fd20:5::1',
    };
    const scene = {
      host,
      internet: beyond,
      daemon,
      sentry,
      bottle: await hostile(bottle, member, sentryAt),
      armed: await hostile(armed, member, sentryAt),
      free: await hostile(free, other),
      member,
      other,
    };
    // What SENTRY sends further may be answered, but an answer that quotes it would be taken for it.
    const silent = (
      out: string,
    ) => `iptables -A OUTPUT${out} -p icmp --icmp-type destination-unreachable -j DROP
      ip6tables -A OUTPUT${out} -p icmpv6 --icmpv6-type destination-unreachable -j DROP`;
    const uplinkBridge = (await bridgeOf(host, sentry)).device;
    await host.sh(silent(''), { in: beyond });
    await host.sh(silent(` -o ${uplinkBridge}`));
    const open = scene.free.target.bridge.device;
    await host.sh(
      `iptables -t raw -I PREROUTING -i ${open} -j ACCEPT; iptables -I ${userChain} -i ${open} -j ACCEPT`,
    );
    const observers = await Observers.start({
      host,
      internet: beyond,
      internetAddress: internet.ip,
      bridges: [scene.bottle.target.bridge.device, scene.free.target.bridge.device],
      uplinkBridge,
    });
    return { ...scene, observers };
  } catch (error) {
    await host.stop();
    throw error;
  }
}

interface LinkInfo {
  readonly ifname: string;
  readonly ifindex: number;
  readonly link_index?: number;
  readonly master?: string;
  readonly address: string;
  readonly addr_info: readonly { readonly family: string; readonly local: string; readonly scope: string }[];
}

async function links(host: ThrowawayHost, place: Place): Promise<readonly LinkInfo[]> {
  return JSON.parse(await host.sh('ip -j address', { in: place })) as readonly LinkInfo[];
}

/** The hardware address of the interface that has the address. */
export async function hardware(host: ThrowawayHost, place: Place, ip: string): Promise<string | undefined> {
  const all = await links(host, place);
  return all.find(({ addr_info }) => addr_info.some(({ local }) => local === ip))?.address;
}

export async function station(host: ThrowawayHost, place: Container): Promise<Station> {
  const eth0 = (await links(host, place)).find(({ ifname }) => ifname === 'eth0');
  const of = (family: string) =>
    eth0?.addr_info.find((info) => info.family === family && info.scope === 'global')?.local ?? '';
  return { mac: eth0?.address ?? '', ip: of('inet'), ip6: of('inet6') };
}

/** The host's bridge on which a container's eth0 is. */
async function bridgeOf(host: ThrowawayHost, place: Container): Promise<Target['bridge']> {
  const eth0 = (await links(host, place)).find(({ ifname }) => ifname === 'eth0');
  const onHost = await links(host, host);
  const port = onHost.find(({ ifindex }) => ifindex === eth0?.link_index);
  const bridge = onHost.find(({ ifname }) => ifname === port?.master);
  const linkLocal = bridge?.addr_info.find(({ local }) => local.startsWith('fe80:'))?.local;
  if (bridge === undefined || linkLocal === undefined) throw new Error(`${place.name} is on no bridge`);
  return { device: bridge.ifname, mac: bridge.address, linkLocal };
}
