import { parseAddress, parseCidr, toCidr } from './address.ts';
import type { Config, IpEntry, NetworkEntry } from './config.ts';
import { groupBy } from './group-by.ts';

/** What a name in a policy stands for in the file; `none` may still be a container that only the engine knows. */
export type NameMatch =
  | { readonly kind: 'address' /** Canonical CIDR. */; readonly cidr: string }
  | { readonly kind: 'any' }
  | { readonly kind: 'host' }
  | { readonly kind: 'ips'; readonly entries: readonly IpEntry[]; readonly byPrefix: boolean }
  | { readonly kind: 'network'; readonly network: NetworkEntry }
  | { readonly kind: 'label'; readonly key: string /** Absent: any value. */; readonly value?: string }
  | { readonly kind: 'none' };

/** The file's names, made ready so that a look-up costs the same however many there are. */
export interface NameIndex {
  readonly containers: ReadonlyMap<string, readonly IpEntry[]>;
  readonly selectors: ReadonlyMap<string, readonly IpEntry[]>;
  readonly services: ReadonlyMap<string, readonly IpEntry[]>;
  readonly networks: ReadonlyMap<string, NetworkEntry>;
  /** Container names and selectors, sorted by code unit. */
  readonly sorted: readonly string[];
}

/** The index that `matchName` looks in. */
export function indexNames(config: Pick<Config, 'ips' | 'networks'>): NameIndex {
  const containers = named(config.ips, (entry) => entry.containerName);
  const selectors = named(config.ips, (entry) => entry.selector);
  const networks = new Map<string, NetworkEntry>();
  for (const network of config.networks) networks.set(network.name, network);
  for (const network of config.networks) if (!networks.has(network.key)) networks.set(network.key, network);
  return {
    containers,
    selectors,
    services: named(config.ips, (entry) => entry.serviceName),
    networks,
    sorted: [...new Set([...containers.keys(), ...selectors.keys()])].sort(),
  };
}

/** The entries by a name that not all of them have. */
function named(
  entries: readonly IpEntry[],
  nameOf: (entry: IpEntry) => string | undefined,
): Map<string, readonly IpEntry[]> {
  return new Map(
    [...groupBy(entries, nameOf)].flatMap(([name, group]) => (name === undefined ? [] : [[name, group]])),
  );
}

/** What the name stands for, in the order the file promises: address, any, host, container, selector, service, network, label, prefix. */
export function matchName(name: string, index: NameIndex): NameMatch {
  const cidr = addressOf(name);
  if (cidr !== undefined) return { kind: 'address', cidr };
  if (name === 'any' || name === 'host') return { kind: name };
  const entries = index.containers.get(name) ?? index.selectors.get(name) ?? index.services.get(name);
  if (entries !== undefined) return { kind: 'ips', entries, byPrefix: false };
  const network = index.networks.get(name);
  if (network !== undefined) return { kind: 'network', network };
  if (name.startsWith('label:')) return labelOf(name.slice('label:'.length));
  const begun = beginningWith(name, index);
  return begun.length === 0 ? { kind: 'none' } : { kind: 'ips', entries: begun, byPrefix: true };
}

function addressOf(name: string): string | undefined {
  if (name.includes('/')) return parseCidr(name);
  const address = parseAddress(name);
  return address === undefined ? undefined : toCidr(address);
}

function labelOf(text: string): NameMatch {
  const equals = text.indexOf('=');
  if (equals === -1) return { kind: 'label', key: text };
  return { kind: 'label', key: text.slice(0, equals), value: text.slice(equals + 1) };
}

function beginningWith(prefix: string, index: NameIndex): readonly IpEntry[] {
  const found = new Set<IpEntry>();
  for (let at = lowerBound(index.sorted, prefix); index.sorted[at]?.startsWith(prefix) === true; at++) {
    const name = index.sorted[at] ?? '';
    for (const entry of index.containers.get(name) ?? []) found.add(entry);
    for (const entry of index.selectors.get(name) ?? []) found.add(entry);
  }
  return [...found];
}

function lowerBound(sorted: readonly string[], text: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? '') < text) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The candidate the fewest edits away from the word, at most `limit` of them and fewer than half its letters; of equals the one that begins most alike. */
export function nearest(word: string, candidates: Iterable<string>, limit = 2): string | undefined {
  let best: string | undefined;
  let bound = Math.min(limit, Math.max(1, Math.floor((word.length - 1) / 2)));
  for (const candidate of candidates) {
    if (candidate === word || Math.abs(candidate.length - word.length) > bound) continue;
    const distance =
      bound === 1 ? (isOneEdit(word, candidate) ? 1 : 2) : editDistance(word, candidate, bound);
    if (distance > bound) continue;
    if (distance === bound && best !== undefined && sameStart(word, best) >= sameStart(word, candidate))
      continue;
    best = candidate;
    bound = distance;
  }
  return best;
}

function sameStart(one: string, other: string): number {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length++;
  return length;
}

/** Whether two different words are one letter more, less, other, or swapped with its neighbour apart; cheap enough for thousands of names. */
function isOneEdit(one: string, other: string): boolean {
  const start = sameStart(one, other);
  let [a, b] = [one.length, other.length];
  for (; a > start && b > start && one[a - 1] === other[b - 1]; a--) b--;
  if (a - start <= 1 && b - start <= 1) return true;
  return (
    a - start === 2 && b - start === 2 && one[start] === other[start + 1] && one[start + 1] === other[start]
  );
}

/** Levenshtein's distance with neighbours swapped as one edit; anything above `bound` may be reported as `bound + 1`. */
function editDistance(one: string, other: string, bound: number): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i++) {
    const row = [i];
    for (let j = 1; j <= other.length; j++) {
      const same = one[i - 1] === other[j - 1];
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]) {
        cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1);
      }
      row.push(cost);
    }
    if (Math.min(...row) > bound) return bound + 1;
    beforeLast = last;
    last = row;
  }
  return last[other.length] ?? 0;
}
