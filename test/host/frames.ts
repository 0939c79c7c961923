/** Ethernet frames, byte by byte, as no well-behaved program sends them. Addresses are text, lower layers take what the upper made. */

const etherTypes = { arp: 0x0806, ipv4: 0x0800, ipv6: 0x86dd } as const;
export const protocols = { icmp: 1, ipip: 4, tcp: 6, udp: 17, ipv6: 41, gre: 47, icmpv6: 58 } as const;

export interface Link {
  readonly from: string;
  readonly to: string;
}

export interface Ends {
  readonly from: string;
  readonly to: string;
}

export const broadcast = 'ff:ff:ff:ff:ff:ff';

export function ethernet({ from, to }: Link, type: keyof typeof etherTypes, body: Buffer): Buffer {
  return Buffer.concat([mac(to), mac(from), u16(etherTypes[type]), body]);
}

export interface IpOptions {
  readonly ttl?: number;
  /** In bytes, a multiple of eight. */
  readonly offset?: number;
  readonly moreFragments?: boolean;
  readonly id?: number;
}

export function ipv4(
  { from, to }: Ends,
  protocol: number,
  body: Buffer,
  { ttl = 64, offset = 0, moreFragments = false, id = 7 }: IpOptions = {},
): Buffer {
  const header = Buffer.concat([
    Buffer.from([0x45, 0]),
    u16(20 + body.length),
    u16(id),
    u16((moreFragments ? 0x2000 : 0) | (offset / 8)),
    Buffer.from([ttl, protocol, 0, 0]),
    address(from),
    address(to),
  ]);
  header.writeUInt16BE(checksum(header), 10);
  return Buffer.concat([header, body]);
}

export function ipv6({ from, to }: Ends, protocol: number, body: Buffer, hopLimit = 64): Buffer {
  const start = Buffer.concat([
    Buffer.from([0x60, 0, 0, 0]),
    u16(body.length),
    Buffer.from([protocol, hopLimit]),
  ]);
  return Buffer.concat([start, address(from), address(to), body]);
}

export function udp(ends: Ends, port: number, payload: string, fromPort = 7000): Buffer {
  const data = Buffer.from(payload);
  const datagram = Buffer.concat([u16(fromPort), u16(port), u16(8 + data.length), u16(0), data]);
  datagram.writeUInt16BE(checksum(pseudoHeader(ends, protocols.udp, datagram), datagram) || 0xffff, 6);
  return datagram;
}

const tcpFlags = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, urg: 32 } as const;

export function tcp(
  ends: Ends,
  port: number,
  flags: readonly (keyof typeof tcpFlags)[],
  payload: string,
): Buffer {
  const bits = flags.reduce((all, flag) => all | tcpFlags[flag], 0);
  const segment = Buffer.concat([
    u16(7000),
    u16(port),
    Buffer.from([0, 0, 0, 9, 0, 0, 0, flags.includes('ack') ? 9 : 0, 0x50, bits, 0x20, 0, 0, 0, 0, 0]),
    Buffer.from(payload),
  ]);
  segment.writeUInt16BE(checksum(pseudoHeader(ends, protocols.tcp, segment), segment), 16);
  return segment;
}

/** Type, code, four bytes that depend on both, and the rest. */
export function icmp(type: number, code: number, rest: number, data: Buffer): Buffer {
  const message = Buffer.concat([Buffer.from([type, code, 0, 0]), u32(rest), data]);
  message.writeUInt16BE(checksum(message), 2);
  return message;
}

export function icmpv6(ends: Ends, type: number, code: number, rest: number, data: Buffer): Buffer {
  const message = Buffer.concat([Buffer.from([type, code, 0, 0]), u32(rest), data]);
  message.writeUInt16BE(checksum(pseudoHeader(ends, protocols.icmpv6, message), message), 2);
  return message;
}

/** Its target's address has an option with a hardware address: 2 in an advertisement, 1 in a solicitation. */
export function neighbour(
  ends: Ends,
  kind: 'solicitation' | 'advertisement',
  target: string,
  at: string,
): Buffer {
  const [type, flags, option] = kind === 'solicitation' ? [135, 0, 1] : [136, 0x2000_0000, 2];
  return icmpv6(ends, type, 0, flags, Buffer.concat([address(target), Buffer.from([option, 1]), mac(at)]));
}

/** "`sender.ip` is at `sender.mac`", said as a question for `target` or as an answer to it. */
export function arp(
  operation: 'request' | 'reply',
  sender: { readonly mac: string; readonly ip: string },
  target: { readonly mac: string; readonly ip: string },
): Buffer {
  const ends = [sender, target].flatMap((end) => [mac(end.mac), address(end.ip)]);
  return Buffer.concat([Buffer.from([0, 1, 8, 0, 6, 4, 0, operation === 'request' ? 1 : 2]), ...ends]);
}

/** The link's multicast address of an address. */
export function multicastMac(ip: string): string {
  const bytes = address(ip);
  const group =
    bytes.length === 4
      ? [0x01, 0x00, 0x5e, (bytes[1] ?? 0) & 0x7f, ...bytes.subarray(2)]
      : [0x33, 0x33, ...bytes.subarray(12)];
  return group.map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}

export function address(text: string): Buffer {
  if (!text.includes(':')) return Buffer.from(text.split('.').map(Number));
  const [left = '', right] = text.split('::');
  const words = (part: string) =>
    part === '' ? [] : part.split(':').map((word) => Number.parseInt(word, 16));
  const [start, end] = [words(left), words(right ?? '')];
  const gap = right === undefined ? [] : Array.from({ length: 8 - start.length - end.length }, () => 0);
  return Buffer.concat([...start, ...gap, ...end].map(u16));
}

function mac(text: string): Buffer {
  return Buffer.from(text.replaceAll(':', ''), 'hex');
}

function pseudoHeader({ from, to }: Ends, protocol: number, body: Buffer): Buffer {
  return Buffer.concat([address(from), address(to), u32(body.length), u32(protocol)]);
}

function checksum(...parts: readonly Buffer[]): number {
  let sum = 0;
  for (const part of parts)
    for (let at = 0; at < part.length; at += 2) sum += ((part[at] ?? 0) << 8) + (part[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x1_0000);
  return ~sum & 0xffff;
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
