import type { ObservedElement, ObservedSet, SetElement } from '../model/sets.ts';

export interface ElementDifference {
  /** Elements that are missing, or have another comment. */
  readonly add: readonly SetElement[];
  /** What was there under another comment. */
  readonly renamed: readonly ObservedElement[];
  readonly remove: readonly ObservedElement[];
}

/** The difference between the elements that are desired and those of the set, if there is one. */
export function compareElements(
  desired: readonly SetElement[],
  observed: ObservedSet | undefined,
): ElementDifference {
  const old = observed?.elements ?? new Map<string, ObservedElement>();
  const before = observed?.asDesired;
  const wanted = before === undefined ? desired : unlike(desired, before);
  const present =
    before === undefined
      ? [...old.values()]
      : unlike(before, desired).flatMap(({ entry }) => old.get(entry) ?? []);
  const add = wanted.filter(({ entry, comment }) => {
    const there = old.get(entry);
    return there === undefined || there.comment !== comment;
  });
  const renamed = add.flatMap(({ entry }) => old.get(entry) ?? []);
  const shared = wanted.length - add.length + renamed.length;
  return { add, renamed, remove: present.length === shared ? [] : notIn(wanted, present) };
}

/** Of the first list what is between the beginning and the end that both have in common. */
export function unlike(list: readonly SetElement[], other: readonly SetElement[]): readonly SetElement[] {
  const shorter = Math.min(list.length, other.length);
  let first = 0;
  while (first < shorter && isSame(list[first], other[first])) first++;
  let [end, otherEnd] = [list.length, other.length];
  while (end > first && otherEnd > first && isSame(list[end - 1], other[otherEnd - 1])) {
    end--;
    otherEnd--;
  }
  return list.slice(first, end);
}

function isSame(one: SetElement | undefined, other: SetElement | undefined): boolean {
  return one === other || (one?.entry === other?.entry && one?.comment === other?.comment);
}

function notIn(
  desired: readonly SetElement[],
  present: readonly ObservedElement[],
): readonly ObservedElement[] {
  const wanted = new Set(desired.map(({ entry }) => entry));
  return present.filter(({ entry }) => !wanted.has(entry));
}
