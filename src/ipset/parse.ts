import { hexadecimal, parseAddress, parseCidr } from '../model/address.ts';
import type { Ownership } from '../model/ownership.ts';
import type { ObservedElement, ObservedSet, SetType } from '../model/sets.ts';
import { keepsCounters, protocolNumbers, room } from './words.ts';

/** One set while its elements are read. */
interface Reading extends ObservedSet {
  readonly elements: Map<string, ObservedElement>;
  /** How the lines of its elements begin. */
  readonly prefix: string;
}

/** Our sets in the output of `ipset save`; those of others are passed over. */
export function parseSets(text: string, ownership: Ownership): readonly ObservedSet[] {
  const sets: Reading[] = [];
  let set: Reading | undefined;
  for (let at = 0; at < text.length; ) {
    const newline = text.indexOf('\n', at);
    const end = newline === -1 ? text.length : newline;
    if (set !== undefined && text.startsWith(set.prefix, at)) {
      readElement(set, text.slice(at + set.prefix.length, end));
    } else if (text.startsWith('create ', at)) {
      set = readSet(text.slice(at, end).split(' '), ownership);
      if (set !== undefined) sets.push(set);
    }
    at = end + 1;
  }
  return sets.map(({ name, family, type, isComplete, elements }) => ({
    name,
    family,
    type,
    isComplete,
    elements,
  }));
}

const types: readonly SetType[] = ['hash:ip,port,net', 'hash:net', 'hash:net,iface'];
/** Words of ours, and of the kernel's own, that a set is made with; each but the last two has a value. */
const expected: ReadonlySet<string> = new Set(['family', 'hashsize', 'maxelem', 'bucketsize', 'initval']);

function readSet(
  [, name = '', kind = '', ...traits]: readonly string[],
  ownership: Ownership,
): Reading | undefined {
  if (!ownership.ownsSet(name)) return undefined;
  const values = new Map<string, string>();
  const kept = new Set<string>();
  for (let at = 0; at < traits.length; at++) {
    const trait = traits[at] ?? '';
    if (expected.has(trait)) values.set(trait, traits[++at] ?? '');
    else kept.add(trait);
  }
  const type = types.find((each) => each === kind);
  const wanted = type !== undefined && keepsCounters(type) ? ['comment', 'counters'] : ['comment'];
  return {
    name,
    family: values.get('family') === 'inet6' ? 6 : 4,
    type: type ?? 'other',
    isComplete:
      Number(values.get('maxelem')) >= room &&
      kept.size === wanted.length &&
      wanted.every((trait) => kept.has(trait)),
    elements: new Map(),
    prefix: `add ${name} `,
  };
}

/** `10.1.0.5,tcp:80,10.2.0.0/24 packets 0 bytes 0 comment "x"`; with other words than these it has a comment that none of ours has. */
function readElement(set: Reading, text: string): void {
  const space = text.indexOf(' ');
  const entry = spelled(space === -1 ? text : text.slice(0, space), set);
  let rest = space === -1 ? '' : text.slice(space);
  let packets = 0;
  let bytes = 0;
  if (rest.startsWith(' packets ')) {
    const middle = rest.indexOf(' bytes ', 9);
    const last = rest.indexOf(' ', middle + 7);
    packets = Number(rest.slice(9, middle));
    bytes = Number(rest.slice(middle + 7, last === -1 ? undefined : last));
    rest = last === -1 ? '' : rest.slice(last);
  }
  const isNamed = rest.startsWith(' comment "') && rest.endsWith('"');
  const comment = isNamed ? rest.slice(10, -1) : rest;
  set.elements.set(entry, comment === '' ? { entry, packets, bytes } : { entry, comment, packets, bytes });
}

const protocolNames = new Map([...protocolNumbers].map(([name, number]) => [number, name]));

/** As we write it: protocols by name, and of IPv6 addresses the end, too, in hexadecimal, which glibc writes as IPv4 in ::/96. */
function spelled(entry: string, { type, family }: ObservedSet): string {
  const named = type === 'hash:ip,port,net' ? withProtocolName(entry) : entry;
  return family === 6 && named.includes('.') ? named.split(',').map(inHexadecimal).join() : named;
}

function withProtocolName(entry: string): string {
  const from = entry.indexOf(',') + 1;
  if (entry.charCodeAt(from) > nine) return entry;
  const to = entry.indexOf(':', from);
  const number = entry.slice(from, to);
  return `${entry.slice(0, from)}${protocolNames.get(number) ?? number}${entry.slice(to)}`;
}

const nine = '9'.charCodeAt(0);

/** An interface's name may have dots, too, but no colon. */
function inHexadecimal(part: string): string {
  if (!part.includes(':') || !part.includes('.')) return part;
  const text = hexadecimal(part);
  return (part.includes('/') ? parseCidr(text) : parseAddress(text)) ?? part;
}
