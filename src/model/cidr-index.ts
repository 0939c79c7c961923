import { blockOf, cut, renderBlock, split } from './block.ts';
import type { Family } from './config.ts';

/** A look-up from an address to what belongs to the narrowest of these CIDRs that holds it; its cost does not grow with their number. */
export function indexByCidr<T>(
  entries: Iterable<readonly [cidr: string, item: T]>,
): (address: string) => T | undefined {
  const items = new Map<string, T>();
  const prefixes: Record<Family, Set<number>> = { 4: new Set(), 6: new Set() };
  for (const [cidr, item] of entries) {
    const block = blockOf(cidr);
    prefixes[block.family].add(block.prefix);
    const key = renderBlock(block);
    if (!items.has(key)) items.set(key, item);
  }
  const narrowestFirst = {
    4: [...prefixes[4]].sort((a, b) => b - a),
    6: [...prefixes[6]].sort((a, b) => b - a),
  };
  return (address) => {
    const parts = split(address);
    if (parts === undefined) return undefined;
    for (const prefix of narrowestFirst[parts.family]) {
      const key = renderBlock(cut({ ...parts, prefix }));
      if (items.has(key)) return items.get(key);
    }
    return undefined;
  };
}
