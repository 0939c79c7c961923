import * as wire from '../host/frames.ts';
import { linkLocal, type Station, type Target } from './escape-target.ts';

export type Frames = (target: Target, token: string) => readonly Buffer[];

type Build = (ends: wire.Ends, token: string) => Buffer;

/** To the host's own hardware address, and so into its IP stack. */
export function toHost(to: string, build: Build, from?: Partial<Station>): Frames {
  return ({ self, bridge }, token) => {
    const source = { ...self, ...from };
    const isIpv6 = to.includes(':');
    const ends = { from: isIpv6 ? source.ip6 : source.ip, to };
    return [
      wire.ethernet({ from: source.mac, to: bridge.mac }, isIpv6 ? 'ipv6' : 'ipv4', build(ends, token)),
    ];
  };
}

export const wrap = (ends: wire.Ends, protocol: keyof typeof wire.protocols, body: Buffer) =>
  ends.to.includes(':')
    ? wire.ipv6(ends, wire.protocols[protocol], body)
    : wire.ipv4(ends, wire.protocols[protocol], body);
export const byUdp =
  (port: number): Build =>
  (ends, token) =>
    wrap(ends, 'udp', wire.udp(ends, port, token));
export const byTcp =
  (port: number, ...flags: Parameters<typeof wire.tcp>[2]): Build =>
  (ends, token) =>
    wrap(ends, 'tcp', wire.tcp(ends, port, flags, token));
export const ping: Build = (ends, token) =>
  ends.to.includes(':')
    ? wrap(ends, 'icmpv6', wire.icmpv6(ends, 128, 0, 1, Buffer.from(token)))
    : wrap(ends, 'icmp', wire.icmp(8, 0, 1, Buffer.from(token)));

/** A question for the name that is the token. */
export const question: Build = (ends, token) => {
  const labels = [token, 'example'].map((label) => `${String.fromCharCode(label.length)}${label}`).join('');
  const header = '\0\x07\x01\0\0\x01\0\0\0\0\0\0';
  return wrap(ends, 'udp', wire.udp(ends, 53, `${header}${labels}\0\0\x01\0\x01`));
};

/** The datagram in two parts. */
export function inFragments(to: string): Frames {
  return ({ self, bridge }, token) => {
    const ends = { from: to.includes(':') ? self.ip6 : self.ip, to };
    const whole = wire.udp(ends, 7, token.padEnd(40, '.'));
    const link = { from: self.mac, to: bridge.mac };
    const parts = [whole.subarray(0, 24), whole.subarray(24)];
    return parts.map((part, at) => {
      const offset = at * 24;
      if (!to.includes(':'))
        return wire.ethernet(
          link,
          'ipv4',
          wire.ipv4(ends, wire.protocols.udp, part, { offset, moreFragments: at === 0 }),
        );
      const header = Buffer.from([wire.protocols.udp, 0, 0, offset | (at === 0 ? 1 : 0), 0, 0, 0, 9]);
      return wire.ethernet(link, 'ipv6', wire.ipv6(ends, 44, Buffer.concat([header, part])));
    });
  };
}

/** To a group or to everybody on the link. */
export function toGroup(to: string, build: Build, hopLimit?: number): Frames {
  return ({ self }, token) => {
    const isIpv6 = to.includes(':');
    const mac = to.endsWith('.255') ? wire.broadcast : wire.multicastMac(to);
    const packet = build({ from: isIpv6 ? self.ip6 : self.ip, to }, token);
    if (isIpv6 && hopLimit !== undefined) packet.writeUInt8(hopLimit, 7);
    return [wire.ethernet({ from: self.mac, to: mac }, isIpv6 ? 'ipv6' : 'ipv4', packet)];
  };
}

/** "I am the way to everywhere", by a router that is none. */
const advertisement: Build = (ends, token) => {
  const prefix = Buffer.concat([
    Buffer.from([3, 4, 64, 0xc0, 0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff, 0, 0, 0, 0]),
    wire.address('fd66::'),
  ]);
  const unknownOption = Buffer.concat([Buffer.from([253, 2]), Buffer.from(token.padEnd(14, '.'))]);
  const times = Buffer.alloc(8);
  const message = Buffer.concat([times, prefix, unknownOption]);
  return wrap(ends, 'icmpv6', wire.icmpv6(ends, 134, 0, 0x4000_0708, message));
};

export const routerAdvertisement = (to: (target: Target) => { mac: string; ip6: string }): Frames => {
  return (target, token) => {
    const { mac, ip6 } = to(target);
    const packet = advertisement({ from: linkLocal(target.self.mac), to: ip6 }, token);
    packet.writeUInt8(255, 7);
    return [wire.ethernet({ from: target.self.mac, to: mac }, 'ipv6', packet)];
  };
};
