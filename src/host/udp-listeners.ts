import { readFileSync } from 'node:fs';
import { parseAddress } from '../model/address.ts';
import { codeOf } from './code.ts';
import { findDoor } from './door.ts';

/** A running container, by the process that the engine gives for it. */
export interface ContainerProcess {
  readonly containerId: string;
  readonly pid: number;
}

/**
 * The addresses at which somebody takes datagrams for this UDP port in the container's network namespace, or in this one; undefined where
 * that cannot be seen from here. The kernel is asked, not the port: its ICMP refusals are bounded to one a second for each peer after the
 * first six (net.ipv4.icmp_ratelimit), and a datagram of ours would be the application's first client.
 */
export function udpListeners(port: number, process?: ContainerProcess): readonly string[] | undefined {
  const seen = process === undefined ? undefined : findDoor(process.containerId, process.pid);
  if (process !== undefined && (seen === undefined || seen === 'closed')) return undefined;
  const procNet = `/proc/${process?.pid ?? 'self'}/net`;
  return ['udp', 'udp6'].flatMap((table) => parseUdpTable(readTable(`${procNet}/${table}`), port));
}

/** The process may end, and a kernel may have no IPv6: nobody listens there then. */
function readTable(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EINVAL') return '';
    throw error;
  }
}

/** The local addresses of the sockets for this port in a table as /proc/net/udp, those that are connected to one peer left out. */
export function parseUdpTable(text: string, port: number): readonly string[] {
  return text.split('\n').flatMap((line) => {
    const [, address, digits, state] =
      /^\s*\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} ([0-9A-F]{2}) /.exec(line) ??
      [];
    if (address === undefined || Number.parseInt(digits ?? '', 16) !== port || state !== unconnected)
      return [];
    return parseAddress(addressText(address)) ?? [];
  });
}

/** TCP_CLOSE of include/net/tcp_states.h. */
const unconnected = '07';

/** The kernel prints words of 32 bits as the machine has them, which is lowest byte first on all that netwright runs on. */
function addressText(hex: string): string {
  const words = (hex.match(/.{8}/g) ?? []).map((word) => Buffer.from(word, 'hex').reverse());
  const bytes = Buffer.concat(words);
  return bytes.length === 4 ? bytes.join('.') : (bytes.toString('hex').match(/.{4}/g) ?? []).join(':');
}
