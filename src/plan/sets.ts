import type { Change } from '../model/change.ts';
import type { Desired } from '../model/desired.ts';
import type { NamespaceState } from '../model/namespace.ts';
import type { Observed } from '../model/observed.ts';
import type { Operation } from '../model/plan.ts';
import type { RemoveSet, UpdateSet } from '../model/rules-operations.ts';
import { titleText } from '../model/ruleset.ts';
import type { DesiredSet, ObservedSet, SetElement } from '../model/sets.ts';
import { compareElements, type ElementDifference } from './elements.ts';
import type { Part } from './part.ts';

/**
 * Sets to make, change and take away. What a policy gains by it comes before the rules change and what it loses after them: one that
 * moves from a set to a rule, or back, is accepted all the while. Where no rules of its family change, one operation is both.
 */
export function planSets(desired: Desired, observed: Observed, rulesets: readonly Operation[]): Part {
  const operations: Operation[] = [];
  for (const [id, state] of observed.namespaces) {
    const wanted = desired.namespaces.get(id)?.sets ?? [];
    const present = new Map(state.sets.map((set) => [set.name, set]));
    for (const set of wanted) {
      const difference = differenceOf(set, present.get(set.name));
      if (difference === undefined) continue;
      const isBetween = rulesets.some(
        (each) => each.kind === 'restore-table' && each.namespace === id && each.family === set.family,
      );
      operations.push(...updates(set, difference, state, isBetween));
    }
    const names = new Set(wanted.map(({ name }) => name));
    for (const set of state.sets) if (!names.has(set.name)) operations.push(removal(set, state));
  }
  return { operations, notices: [] };
}

interface Difference extends ElementDifference {
  readonly because: string;
  readonly how: UpdateSet['how'];
}

function differenceOf(desired: DesiredSet, observed: ObservedSet | undefined): Difference | undefined {
  const { elements, type, family } = desired;
  const parts = compareElements(elements, observed);
  if (observed === undefined) return { ...parts, because: 'no such set yet', how: 'create' };
  const isSuch = observed.type === type && observed.family === family;
  if (!isSuch || !observed.isComplete) {
    const because = 'the set in the kernel is another one than ours';
    return { ...parts, because, how: isSuch ? 'swap' : 'recreate' };
  }
  if (parts.add.length + parts.remove.length === 0) return undefined;
  return { ...parts, because: 'the elements in the kernel differ', how: 'change' };
}

function updates(
  { name: set, family, type, elements }: DesiredSet,
  { because, how, add, renamed, remove }: Difference,
  state: NamespaceState,
  isBetween: boolean,
): readonly UpdateSet[] {
  const common = { kind: 'update-set', namespace: state.id, set, family, type } as const;
  const whole = (gained: readonly SetElement[], lost: readonly SetElement[]): readonly Change[] => {
    const changes = elementChanges(set, gained, lost, state);
    return changes.length > 0 ? changes : [line(how === 'create' ? '+' : '~', `set ${set}`, state)];
  };
  if (how !== 'change') {
    const changes = whole(add, [...renamed, ...remove]);
    return [{ ...common, because, how, changes, add: elements, remove: [] }];
  }
  const isInTwo = isBetween && add.length > 0 && remove.length > 0;
  if (!isInTwo)
    return [{ ...common, because, how, changes: whole(add, [...renamed, ...remove]), add, remove }];
  return [
    { ...common, because, how, changes: whole(add, renamed), add, remove: [] },
    { ...common, because, how, changes: whole([], remove), add: [], remove },
  ];
}

function removal(set: ObservedSet, state: NamespaceState): RemoveSet {
  const changes = elementChanges(set.name, [], [...set.elements.values()], state);
  return {
    kind: 'remove-set',
    because: 'no longer in the file',
    changes: changes.length > 0 ? changes : [line('-', `empty set ${set.name}`, state)],
    namespace: state.id,
    set: set.name,
  };
}

/** One line for all elements of a policy. */
function elementChanges(
  set: string,
  gained: readonly SetElement[],
  lost: readonly SetElement[],
  state: NamespaceState,
): readonly Change[] {
  const changes = new Map<string, Change>();
  for (const element of gained) {
    const text = titleOf(element, set);
    if (!changes.has(text)) changes.set(text, line('+', text, state, element));
  }
  for (const element of lost) {
    const text = titleOf(element, set);
    const change = changes.get(text);
    if (change?.sign === '+') changes.set(text, { ...change, sign: '~' });
    else if (change === undefined) changes.set(text, line('-', text, state));
  }
  return [...changes.values()];
}

function titleOf({ comment, entry }: SetElement, set: string): string {
  return comment === undefined ? `${entry} in the set ${set}` : titleText(comment);
}

function line(
  sign: Change['sign'],
  text: string,
  { name: place }: NamespaceState,
  { origin }: Pick<SetElement, 'origin'> = {},
): Change {
  return { sign, area: 'namespace', place, text, ...(origin !== undefined && { origin }) };
}
