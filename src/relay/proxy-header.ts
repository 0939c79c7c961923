import { type Peer, peerFamily } from './peer.ts';

/** Versions of HAProxy's PROXY protocol: 1 is a line of text, 2 binary. */
export type ProxyProtocol = 'v1' | 'v2';

const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');

/**
 * What tells the target who called, before the first byte of the caller (the PROXY protocol, sections 2.1 and 2.2). `undefined` is a connection
 * of the program's own, as a probe of the port: UNKNOWN in v1, LOCAL in v2.
 */
export function proxyHeader(
  version: ProxyProtocol,
  ends: { readonly remote: Peer; readonly local: Peer } | undefined,
): Buffer {
  if (version === 'v1') return textHeader(ends);
  return ends === undefined
    ? binaryHeader(0x20, 0x00, Buffer.alloc(0))
    : binaryProxy(ends.remote, ends.local);
}

function textHeader(ends: { readonly remote: Peer; readonly local: Peer } | undefined): Buffer {
  if (ends === undefined) return Buffer.from('PROXY UNKNOWN\r\n', 'latin1');
  const { remote, local } = ends;
  const [from, to] = [withoutZone(remote.address), withoutZone(local.address)];
  const family = `TCP${peerFamily(remote)}`;
  return Buffer.from(`PROXY ${family} ${from} ${to} ${remote.port} ${local.port}\r\n`, 'latin1');
}

function binaryProxy(remote: Peer, local: Peer): Buffer {
  const four = peerFamily(remote) === 4;
  const ports = Buffer.alloc(4);
  ports.writeUInt16BE(remote.port, 0);
  ports.writeUInt16BE(local.port, 2);
  const addresses = [remote, local].map(({ address }) =>
    Buffer.from(four ? fourBytes(address) : sixteenBytes(address)),
  );
  return binaryHeader(0x21, four ? 0x11 : 0x21, Buffer.concat([...addresses, ports]));
}

/** Version and command, family and transport, length, addresses. */
function binaryHeader(command: number, family: number, addresses: Buffer): Buffer {
  const fixed = Buffer.from([command, family, 0, 0]);
  fixed.writeUInt16BE(addresses.length, 2);
  return Buffer.concat([signature, fixed, addresses]);
}

function withoutZone(address: string): string {
  return address.replace(/%.*$/, '');
}

function fourBytes(address: string): number[] {
  return address.split('.').map(Number);
}

function sixteenBytes(address: string): number[] {
  const [head = '', tail] = withoutZone(address).split('::');
  const [before, after] = [groupBytes(head), groupBytes(tail ?? '')];
  return [...before, ...Array<number>(16 - before.length - after.length).fill(0), ...after];
}

/** Groups of four hexadecimal digits; the kernel writes the end of some addresses (::/96) as IPv4. */
function groupBytes(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (group.includes('.')) return fourBytes(group);
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}
