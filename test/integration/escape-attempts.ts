import * as wire from '../host/frames.ts';
import {
  byTcp,
  byUdp,
  type Frames,
  inFragments,
  ping,
  question,
  routerAdvertisement,
  toGroup,
  toHost,
  wrap,
} from './escape-packets.ts';
import {
  anywhere,
  hostAddresses,
  hostAddresses6,
  internet,
  linkLocal,
  metadata,
  uplink,
} from './escape-target.ts';

export interface Attempt {
  readonly name: string;
  readonly frames: Frames;
}

/** Each named as what is attempted. */
export const attempts: readonly Attempt[] = [
  { name: 'tcp to the internet', frames: toHost(internet.ip, byTcp(80, 'syn')) },
  { name: 'udp to the internet', frames: toHost(internet.ip, byUdp(7)) },
  { name: 'udp to anywhere', frames: toHost(anywhere.ip, byUdp(443)) },
  { name: 'ping to the internet', frames: toHost(internet.ip, ping) },
  { name: 'tcp to the internet, IPv6', frames: toHost(internet.ip6, byTcp(80, 'syn')) },
  { name: 'udp to anywhere, IPv6', frames: toHost(anywhere.ip6, byUdp(443)) },
  { name: 'ping to the internet, IPv6', frames: toHost(internet.ip6, ping) },
  { name: 'the metadata service', frames: toHost(metadata, byTcp(80, 'syn')) },
  { name: 'from a foreign address', frames: toHost(internet.ip, byUdp(7), { ip: '192.0.2.66' }) },
  { name: 'from a foreign address, IPv6', frames: toHost(internet.ip6, byUdp(7), { ip6: 'fd66::66' }) },
  {
    name: "from an address of another network of the host's",
    frames: toHost(internet.ip, byUdp(7), { ip: '172.17.0.66' }),
  },
  {
    name: "from another member's address",
    frames: (target, token) => toHost(internet.ip, byUdp(7), { ip: target.member.ip })(target, token),
  },
  {
    name: "from the gateway's address",
    frames: (target, token) => toHost(anywhere.ip, byUdp(7), { ip: target.gateway.ip })(target, token),
  },
  {
    name: "from another member's hardware address",
    frames: (target, token) => toHost(internet.ip, byUdp(7), target.member)(target, token),
  },
  { name: 'fragments', frames: inFragments(internet.ip) },
  { name: 'fragments, IPv6', frames: inFragments(internet.ip6) },
  { name: 'an ACK of no connection', frames: toHost(internet.ip, byTcp(443, 'ack')) },
  { name: 'an ACK of no connection, IPv6', frames: toHost(internet.ip6, byTcp(443, 'ack')) },
  { name: 'a name asked of a server outside', frames: toHost(internet.ip, question) },
  { name: 'a name asked of a server outside, IPv6', frames: toHost(internet.ip6, question) },
  { name: 'names by tcp', frames: toHost(internet.ip, byTcp(53, 'syn')) },
  { name: 'names by TLS', frames: toHost(internet.ip, byTcp(853, 'syn')) },
  { name: 'names on another port', frames: toHost(anywhere.ip, byUdp(5353)) },
  {
    name: 'an ICMP error with a payload',
    frames: toHost(internet.ip, (ends, token) => {
      const quoted = wire.ipv4(
        { from: ends.to, to: ends.from },
        wire.protocols.udp,
        wire.udp(ends, 7, token),
      );
      return wrap(ends, 'icmp', wire.icmp(8, 0, 3, quoted));
    }),
  },
  {
    name: 'a packet in a packet',
    frames: toHost(hostAddresses.up0, (ends, token) =>
      wrap(
        ends,
        'ipip',
        wire.ipv4({ from: ends.from, to: internet.ip }, wire.protocols.udp, wire.udp(ends, 7, token)),
      ),
    ),
  },
  ...Object.entries({ ...hostAddresses, 'lo, 127.0.0.1': '127.0.0.1' }).flatMap(([name, ip]) => [
    { name: `tcp to the host's address on ${name}`, frames: toHost(ip, byTcp(22, 'syn')) },
    { name: `udp to the host's address on ${name}`, frames: toHost(ip, byUdp(9)) },
  ]),
  { name: "ping to the host's address", frames: toHost(hostAddresses.up0, ping) },
  { name: 'a name asked of the host', frames: toHost(hostAddresses.uplink, question) },
  ...Object.entries(hostAddresses6).map(([name, ip6]) => ({
    name: `tcp to the host's IPv6 address on ${name}`,
    frames: toHost(ip6, byTcp(22, 'syn')),
  })),
  {
    name: "tcp to the bridge's link-local address",
    frames: (target, token) => toHost(target.bridge.linkLocal, byTcp(22, 'syn'))(target, token),
  },
  {
    name: "ping to the bridge's link-local address, from one's own",
    frames: (target, token) =>
      toHost(target.bridge.linkLocal, ping, { ip6: linkLocal(target.self.mac) })(target, token),
  },
  {
    name: "who has the host's address",
    frames: ({ self }) =>
      Object.values(hostAddresses).map((ip) =>
        wire.ethernet(
          { from: self.mac, to: wire.broadcast },
          'arp',
          wire.arp('request', self, { mac: '00:00:00:00:00:00', ip }),
        ),
      ),
  },
  {
    name: "who has the bridge's link-local address",
    frames: ({ self, bridge }) => {
      const ends = { from: linkLocal(self.mac), to: bridge.linkLocal };
      const asked = wire.ipv6(
        ends,
        wire.protocols.icmpv6,
        wire.neighbour(ends, 'solicitation', bridge.linkLocal, self.mac),
        255,
      );
      return [wire.ethernet({ from: self.mac, to: bridge.mac }, 'ipv6', asked)];
    },
  },
  {
    name: 'a published port of SENTRY, back through the host',
    frames: toHost(hostAddresses.up0, byTcp(uplink.published, 'syn')),
  },
  { name: 'SENTRY on its way out', frames: toHost(uplink.ip, byUdp(7)) },
  { name: 'to all on the link', frames: toGroup('224.0.0.1', byUdp(7)) },
  { name: 'to all on the link, IPv6', frames: toGroup('ff02::1', ping) },
  { name: 'to all routers on the link, IPv6', frames: toGroup('ff02::2', ping) },

  { name: 'broadcast', frames: toGroup('255.255.255.255', byUdp(67)) },
  { name: "broadcast of another network of the host's", frames: toGroup('172.20.9.255', byUdp(7)) },
  {
    name: 'a router advertisement to all',
    frames: routerAdvertisement(() => ({ mac: '33:33:00:00:00:01', ip6: 'ff02::1' })),
  },
  {
    name: 'a router advertisement to the host',
    frames: routerAdvertisement(({ bridge }) => ({ mac: bridge.mac, ip6: bridge.linkLocal })),
  },
  {
    name: 'a redirect to the host',
    frames: ({ self, bridge }, token) => {
      const ends = { from: linkLocal(self.mac), to: bridge.linkLocal };
      const rest = Buffer.concat([wire.address(self.ip6), wire.address(internet.ip6), Buffer.from(token)]);
      const packet = wire.ipv6(ends, wire.protocols.icmpv6, wire.icmpv6(ends, 137, 0, 0, rest), 255);
      return [wire.ethernet({ from: self.mac, to: bridge.mac }, 'ipv6', packet)];
    },
  },
];
