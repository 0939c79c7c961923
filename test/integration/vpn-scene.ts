import type { Place } from '../host/inside.ts';
import { Outside } from '../host/outside.ts';
import type { ThrowawayHost } from '../host/throwaway-host.ts';

/**
 * What is around the host:
 *
 *   guest ── provider ── prov0 ┐
 *   198.51.100.10  192.168.1.1 │ the host, 192.168.1.2
 *                              │
 *   stranger ── server ── wan0 ┘ 10.8.0.2
 *   203.0.113.10   │ 10.8.0.1
 *                  └ wgs0 10.9.0.1 ═══ the tunnel ═══ wg0 10.9.0.2, on the host or in a container
 */
export interface VpnScene {
  /** The router of the provider, with a client behind it. */
  readonly provider: Outside;
  readonly guest: Outside;
  /** The far end of the tunnel, with a client behind it. */
  readonly server: Outside;
  readonly stranger: Outside;
  /** Makes the near end of the tunnel, without a route through it. */
  tunnelUp(place: Place): Promise<void>;
  /** Deletes the near end. */
  tunnelDown(place: Place): Promise<void>;
  /** How many packets came to each router for each client since the last look. */
  ways(): Promise<Ways>;
}

/** By router and client: `server` counts what came out of the tunnel. */
type Ways = Readonly<Record<'server' | 'provider', Readonly<Record<'stranger' | 'guest', number>>>>;

export const tunnelAddress = '10.9.0.2';
export const hostAddress = '192.168.1.2';
export const providerGateway = '192.168.1.1';
const clients = { stranger: '203.0.113.10', guest: '198.51.100.10' } as const;

/** Strict reverse path filtering from here on, on the host and on every interface made later, in whatever namespace. */
export async function filterStrictly(host: ThrowawayHost): Promise<void> {
  await host.sh(`cd /proc/sys/net/ipv4/conf
    for scope in all default; do echo 1 >$scope/rp_filter; done
    for one in *; do [ "$one" = all ] || echo 1 >$one/rp_filter; done`);
}

export async function startVpnScene(host: ThrowawayHost): Promise<VpnScene> {
  const provider = await host.outside('prov0', `${hostAddress}/24`, `${providerGateway}/24`);
  const server = await host.outside('wan0', '10.8.0.2/24', '10.8.0.1/24');
  const guest = await behind(host, provider, 'lan0', '198.51.100.1', clients.guest);
  const stranger = await behind(host, server, 'lan0', '203.0.113.1', clients.stranger);
  const keyOf = async () => (await host.sh('wg genkey')).trim();
  const publicOf = async (key: string) => (await host.exec(['wg', 'pubkey'], { input: key })).stdout.trim();
  const [far, near] = [await keyOf(), await keyOf()];
  await host.sh('ip route del default', { in: server });
  await wgQuick(
    host,
    server,
    'wgs0',
    `[Interface]
     PrivateKey = ${far}
     Address = 10.9.0.1/24
     ListenPort = 51820
     [Peer]
     PublicKey = ${await publicOf(near)}
     AllowedIPs = ${tunnelAddress}/32`,
  );
  const counted = { server: [server, 'wgs0'], provider: [provider, 'eth0'] } as const;
  for (const [place, iface] of Object.values(counted))
    for (const [name, address] of Object.entries(clients))
      await host.sh(`iptables -A FORWARD -i ${iface} -d ${address} -m comment --comment ${name}`, {
        in: place,
      });
  const count = async ([place]: readonly [Place, string]) => {
    const saved = await host.sh('iptables -nvx -Z -L FORWARD', { in: place });
    const of = (name: string) => Number(new RegExp(`^ *(\\d+) .*/\\* ${name} \\*/`, 'm').exec(saved)?.[1]);
    return { stranger: of('stranger'), guest: of('guest') };
  };
  return {
    provider,
    guest,
    server,
    stranger,
    tunnelUp: async (place) => {
      await wgQuick(
        host,
        place,
        'wg0',
        `[Interface]
         PrivateKey = ${near}
         Address = ${tunnelAddress}/24
         Table = off
         [Peer]
         PublicKey = ${await publicOf(far)}
         AllowedIPs = 0.0.0.0/0
         Endpoint = 10.8.0.1:51820
         PersistentKeepalive = 1`,
      );
    },
    tunnelDown: async (place) => {
      await host.sh(`wg-quick down ${host.folder}/files/wg0.conf`, { in: place });
    },
    ways: async () => ({ server: await count(counted.server), provider: await count(counted.provider) }),
  };
}

/** A machine behind a router outside. */
async function behind(
  host: ThrowawayHost,
  router: Place,
  ifname: string,
  routerAddress: string,
  address: string,
): Promise<Outside> {
  const name = `behind-${router.name}`;
  const netns = await router.netns();
  await host.sh(`ip netns add ${name}
    nsenter --net=${netns} ip link add ${ifname} type veth peer name eth0 netns ${name}
    nsenter --net=${netns} sh -euc 'ip address add ${routerAddress}/24 dev ${ifname}; ip link set ${ifname} up
      echo 1 >/proc/sys/net/ipv4/ip_forward'
    ip -n ${name} address add ${address}/24 dev eth0
    ip -n ${name} link set lo up
    ip -n ${name} link set eth0 up
    ip -n ${name} route add default via ${routerAddress}`);
  return new Outside(name);
}

/** The kernel of a test machine seldom has WireGuard: wg-quick then runs wireguard-go. */
async function wgQuick(host: ThrowawayHost, place: Place, ifname: string, config: string): Promise<void> {
  const path = host.write(`${ifname}.conf`, config.replaceAll(/^ +/gm, ''));
  await host.sh(`chmod 600 ${path}; wg-quick up ${path}`, {
    in: place,
    env: { WG_QUICK_USERSPACE_IMPLEMENTATION: 'wireguard-go' },
  });
}
