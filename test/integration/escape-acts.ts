import { hostAddresses, internet, type Target } from './escape-target.ts';

/** What a container does to its own network before it uses it as any program does. */
export interface Act {
  readonly name: string;
  /** Needs NET_ADMIN. */
  readonly command: (target: Target) => string;
  readonly to: string;
  /** Puts right, from outside, what the command changed. */
  readonly undo: (target: Target) => string;
}

/** iproute2's, where busybox has one of its own. */
const ip = '/usr/bin/ip';

const defaultRoute = ({ gateway }: Target) => `ip route replace default via ${gateway.ip} dev eth0`;
const defaultRoute6 = ({ gateway }: Target) => `ip -6 route replace default via ${gateway.ip6} dev eth0`;

export const acts: readonly Act[] = [
  {
    name: 'a default route through the bridge',
    command: ({ bridge }) => `${ip} route replace default via inet6 ${bridge.linkLocal} dev eth0`,
    to: internet.ip,
    undo: defaultRoute,
  },
  {
    name: 'a default route through the bridge, IPv6',
    command: ({ bridge }) => `${ip} -6 route replace default via ${bridge.linkLocal} dev eth0`,
    to: internet.ip6,
    undo: defaultRoute6,
  },
  {
    name: "a static route through one of the host's addresses",
    command: () => `${ip} route add ${internet.ip} via ${hostAddresses.uplink} dev eth0 onlink`,
    to: internet.ip,
    undo: () => `ip route del ${internet.ip} || :`,
  },
  {
    name: "a static route through one of the host's addresses, its hardware address known",
    command: ({ bridge }) =>
      `${ip} neigh replace ${hostAddresses.uplink} lladdr ${bridge.mac} dev eth0 && ${ip} route add ${internet.ip} via ${hostAddresses.uplink} dev eth0 onlink`,
    to: internet.ip,
    undo: () => `ip route del ${internet.ip} || :; ip neigh del ${hostAddresses.uplink} dev eth0 || :`,
  },
  {
    name: "the host's address as a neighbour's",
    command: () => `${ip} route add ${hostAddresses.up0} dev eth0`,
    to: hostAddresses.up0,
    undo: () => `ip route del ${hostAddresses.up0} || :`,
  },
  {
    name: "the gateway's hardware address replaced by the bridge's",
    command: ({ gateway, bridge }) =>
      `${ip} neigh replace ${gateway.ip} lladdr ${bridge.mac} dev eth0 && ${ip} route replace default via ${gateway.ip} dev eth0`,
    to: internet.ip,
    undo: (target) => `ip neigh del ${target.gateway.ip} dev eth0 || :; ${defaultRoute(target)}`,
  },
];
