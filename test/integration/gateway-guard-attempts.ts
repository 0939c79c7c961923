import * as wire from '../host/frames.ts';
import { gateways } from './gateway-guard-scene.ts';
import { at } from './isolation-scene.ts';

/** Says at which MAC the address is, to everybody. */
export const arpLie = (mac: string, ip: string): Buffer =>
  wire.ethernet(
    { from: mac, to: wire.broadcast },
    'arp',
    wire.arp('reply', { mac, ip }, { mac: wire.broadcast, ip }),
  );

export function byUdp(mac: string, ends: wire.Ends, port = 9, fromPort = 9, to = wire.broadcast): Buffer {
  const packet = wire.ipv4(ends, wire.protocols.udp, wire.udp(ends, port, 'abcd', fromPort));
  return wire.ethernet({ from: mac, to }, 'ipv4', packet);
}

export function byIcmp6(mac: string, ends: wire.Ends, message: Buffer, to = wire.broadcast): Buffer {
  return wire.ethernet({ from: mac, to }, 'ipv6', wire.ipv6(ends, wire.protocols.icmpv6, message, 255));
}

export const ping6 = (ends: wire.Ends): Buffer => wire.icmpv6(ends, 128, 0, 0, Buffer.alloc(0));

export interface Attempt {
  readonly what: string;
  /** By what it would be seen where it is sent to. */
  readonly seen: string;
  /** With a MAC, the rogue's own. */
  readonly frame: (mac: string) => Buffer;
}

export const [x4 = '', x6 = ''] = gateways;
export const [rogue4 = '', rogue6 = ''] = at(1, 66);
export const [bottle4 = '', bottle6 = ''] = at(1, 20);
export const [other4 = '', other6 = ''] = at(1, 21);
const discard = 'udp dport 9';
const allNodes = 'ff02::1';

export const attempts: readonly Attempt[] = [
  {
    what: 'the address of the gateway',
    seen: `ip saddr ${x4}`,
    frame: (mac) => byUdp(mac, { from: x4, to: bottle4 }),
  },
  {
    what: 'the address of a neighbour',
    seen: `ip saddr ${other4}`,
    frame: (mac) => byUdp(mac, { from: other4, to: bottle4 }),
  },
  {
    what: 'an address that is nobody’s',
    seen: 'ip saddr 198.18.0.9',
    frame: (mac) => byUdp(mac, { from: '198.18.0.9', to: bottle4 }),
  },
  {
    what: 'another MAC',
    seen: discard,
    frame: () => byUdp('02:00:00:00:00:09', { from: rogue4, to: bottle4 }),
  },
  {
    what: 'the IPv6 address of a neighbour',
    seen: `ip6 saddr ${other6}`,
    frame: (mac) => {
      const ends = { from: other6, to: bottle6 };
      return byIcmp6(mac, ends, ping6(ends));
    },
  },
  {
    what: 'what a DHCP server says',
    seen: 'udp sport 67',
    frame: (mac) => byUdp(mac, { from: rogue4, to: '255.255.255.255' }, 68, 67),
  },
  {
    what: 'a router advertisement',
    seen: 'icmpv6 type nd-router-advert',
    frame: (mac) => {
      const ends = { from: 'fe80::9', to: allNodes };
      return byIcmp6(mac, ends, wire.icmpv6(ends, 134, 0, 0x4000_0708, Buffer.alloc(8)));
    },
  },
  {
    what: 'a redirect',
    seen: 'icmpv6 type nd-redirect',
    frame: (mac) => {
      const ends = { from: 'fe80::9', to: bottle6 };
      const ways = Buffer.concat([wire.address(rogue6), wire.address('2001:db8::1')]);
      return byIcmp6(mac, ends, wire.icmpv6(ends, 137, 0, 0, ways));
    },
  },
  {
    what: 'that the gateway’s IPv6 address is at its own MAC',
    seen: `ip6 saddr ${rogue6} icmpv6 type nd-neighbor-advert @th,64,128 0x${wire.address(x6).toString('hex')}`,
    frame: (mac) => {
      const ends = { from: rogue6, to: allNodes };
      return byIcmp6(mac, ends, wire.neighbour(ends, 'advertisement', x6, mac));
    },
  },
];
