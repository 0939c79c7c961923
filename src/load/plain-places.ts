import type { Place } from './json-text.ts';
import { wholeNumber } from './plain-scalar.ts';
import { stepsOf } from './problem.ts';

/** Where the entries of each map or list begin: a key and a value in turn, or values alone. */
type Starts = ReadonlyMap<object, readonly number[]>;

/** Numbers kept of a map whose keys are not gone through each time. */
const longMap = 200;

/** A look-up of places in what was read; how a long map is ordered is worked out once. */
export function placesIn(root: unknown, starts: Starts): (pointer: string) => Place | undefined {
  const orders = new Map<object, ReadonlyMap<string, number>>();
  const indexOf = (node: object, entries: number, step: string): number => {
    if (Array.isArray(node)) return wholeNumber.test(step) ? Number(step) : -1;
    if (entries < longMap) return Object.keys(node).indexOf(step);
    const order = orders.get(node) ?? new Map(Object.keys(node).map((name, index) => [name, index]));
    orders.set(node, order);
    return order.get(step) ?? -1;
  };
  return (pointer) => {
    let node = root;
    let place: Place | undefined = { value: starts.get(root as object)?.[0] ?? 0 };
    for (const step of stepsOf(pointer)) {
      const known = typeof node === 'object' && node !== null ? starts.get(node) : undefined;
      if (known === undefined) return undefined;
      const index = indexOf(node as object, known.length, step);
      const isList = Array.isArray(node);
      const value = known[isList ? index : 2 * index + 1];
      const name = isList ? undefined : known[2 * index];
      if (value === undefined) return undefined;
      place = name === undefined ? { value } : { key: name, value };
      node = (node as Readonly<Record<string, unknown>>)[step];
    }
    return place;
  };
}
