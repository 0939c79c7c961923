import { maxDepth, maxEntries, maxValues } from './json-text.ts';

/** How many keys its maps have together; `excess` says why this is too much to be configuration, and the keys are not all counted. */
export interface Size {
  readonly keys: number;
  readonly excess?: string;
}

/** Within one network, address, policy or routing entry, a list is never this long. */
const maxEntriesWithin = 10_000;

/** The size of a value, level by level so that no depth is too much; what is referred to twice counts twice. */
export function sizeOf(value: unknown): Size {
  let keys = 0;
  let values = 0;
  let level = value !== null && typeof value === 'object' ? [value as unknown] : [];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > maxDepth) return { keys, excess: `nested more than ${maxDepth} levels deep` };
    const next: unknown[] = [];
    for (const item of level) {
      const isList = Array.isArray(item);
      const children: readonly unknown[] = isList ? item : Object.values(item as object);
      if (!isList) keys += children.length;
      values += children.length;
      if (children.length > (depth === 1 ? maxEntries : maxEntriesWithin)) {
        return { keys, excess: 'a list or map with too many entries' };
      }
      if (values > maxValues) return { keys, excess: 'more than a million values' };
      for (const child of children) if (child !== null && typeof child === 'object') next.push(child);
    }
    level = next;
  }
  return { keys };
}
