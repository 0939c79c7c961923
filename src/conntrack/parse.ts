import { parseAddress } from '../model/address.ts';
import type { Family } from '../model/ruleset.ts';
import type { Flow, Tuple } from './flow.ts';

/**
 * The connection in a line of `conntrack -L -f ipv4` or `-f ipv6`, or undefined when it is none:
 * `tcp 6 431998 ESTABLISHED src=… dst=… sport=… dport=… [UNREPLIED] src=… dst=… sport=… dport=… [ASSURED] mark=0 use=1`.
 * Marks, counters, timers and whatever else the kernel is built to keep are passed over.
 */
export function parseFlow(line: string, family: Family): Flow | undefined {
  const words = line.split(' ').filter((word) => word !== '');
  const protocol = numberOf(words[1]);
  const fields = words.flatMap((word): readonly (readonly [string, string])[] => {
    const at = word.indexOf('=');
    return at === -1 ? [] : [[word.slice(0, at), word.slice(at + 1)]];
  });
  const [first, second, third] = fields.flatMap(([key], index) => (key === 'src' ? [index] : []));
  if (protocol === undefined || first === undefined || second === undefined || third !== undefined)
    return undefined;
  const original = readTuple(new Map(fields.slice(first, second)));
  const reply = readTuple(new Map(fields.slice(second)));
  if (original === undefined || reply === undefined) return undefined;
  const zone = numberOf(fields.find(([key]) => key === 'zone')?.[1]);
  return {
    family,
    protocol,
    original,
    reply,
    ...(zone !== undefined && { zone }),
  };
}

function readTuple(fields: ReadonlyMap<string, string>): Tuple | undefined {
  const source = parseAddress(fields.get('src') ?? '');
  const destination = parseAddress(fields.get('dst') ?? '');
  if (source === undefined || destination === undefined) return undefined;
  const [sourcePort, destinationPort] = [numberOf(fields.get('sport')), numberOf(fields.get('dport'))];
  const [icmpType, icmpCode] = [numberOf(fields.get('type')), numberOf(fields.get('code'))];
  return {
    source,
    destination,
    ...(sourcePort !== undefined && { sourcePort }),
    ...(destinationPort !== undefined && { destinationPort }),
    ...(icmpType !== undefined && { icmpType }),
    ...(icmpCode !== undefined && { icmpCode }),
  };
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^[0-9]{1,5}$/.test(text) ? Number(text) : undefined;
}
