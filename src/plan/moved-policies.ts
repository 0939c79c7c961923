import type { Change } from '../model/change.ts';
import type { Desired, DesiredNamespace } from '../model/desired.ts';
import type { NamespaceState } from '../model/namespace.ts';
import type { Observed } from '../model/observed.ts';
import type { Operation } from '../model/plan.ts';
import { commentText, titleText } from '../model/ruleset.ts';
import { unlike } from './elements.ts';

/** A policy that has lines of both signs, or a new one beside what it has already, is one that changes: set, rule or both, it stays. */
export function withMovedPolicies(
  operations: readonly Operation[],
  desired: Desired,
  observed: Observed,
): readonly Operation[] {
  const texts = new Map<string, Set<string>>();
  for (const operation of operations) {
    if (!isOfPolicies(operation)) continue;
    const found = texts.get(operation.namespace) ?? new Set();
    for (const { sign, text } of operation.changes) if (sign !== '~') found.add(text);
    texts.set(operation.namespace, found);
  }
  const staying = new Map(
    [...texts].map(([id, found]) => [
      id,
      found.size === 0
        ? new Map<string, Change['origin']>()
        : stayingTexts(found, observed.namespaces.get(id), desired.namespaces.get(id)),
    ]),
  );
  return operations.map((operation) => {
    const here = isOfPolicies(operation) ? staying.get(operation.namespace) : undefined;
    if (here === undefined || here.size === 0) return operation;
    return { ...operation, changes: operation.changes.map((change) => settled(change, here)) };
  });
}

type OfPolicies = Extract<Operation, { readonly kind: 'restore-table' | 'update-set' | 'remove-set' }>;

function isOfPolicies(operation: Operation): operation is OfPolicies {
  return (
    operation.kind === 'restore-table' || operation.kind === 'update-set' || operation.kind === 'remove-set'
  );
}

/** Which of the texts name something that is there before and after, and where it is declared. */
function stayingTexts(
  texts: ReadonlySet<string>,
  state: NamespaceState | undefined,
  wanted: DesiredNamespace | undefined,
): ReadonlyMap<string, Change['origin']> {
  if (commentsIn(state, undefined).next().done === true) return new Map();
  const asked = new Set([...texts].map(commentText));
  const before = new Set<string>();
  const after = new Map<string, Change['origin']>();
  const keep = (comment: string | undefined, origin: Change['origin']): void => {
    if (comment !== undefined && asked.has(comment)) after.set(comment, after.get(comment) ?? origin);
  };
  for (const { chains } of wanted?.tables ?? [])
    for (const { rules } of chains) for (const { comment, origin } of rules) keep(comment, origin);
  for (const { name, elements } of wanted?.sets ?? []) {
    const known = state?.sets.find((set) => set.name === name)?.asDesired;
    const fresh = known && new Set(unlike(elements, known));
    for (const element of elements) {
      const { comment, origin } = element;
      if (comment === undefined || !asked.has(comment)) continue;
      keep(comment, origin);
      if (fresh?.has(element) === false) before.add(comment);
    }
  }
  if (after.size > 0)
    for (const comment of commentsIn(state, wanted)) if (after.has(comment)) before.add(comment);
  return new Map(
    [...after]
      .filter(([comment]) => before.has(comment))
      .map(([comment, origin]) => [titleText(comment), origin]),
  );
}

/** All that are there, but for those of elements that were desired and are. */
function* commentsIn(
  state: NamespaceState | undefined,
  wanted: DesiredNamespace | undefined,
): Generator<string> {
  for (const { chains } of state?.tables ?? []) {
    for (const rules of chains.values()) for (const rule of rules) if ('comment' in rule) yield rule.comment;
  }
  for (const { name, elements, asDesired: before } of state?.sets ?? []) {
    const after = wanted?.sets.find((set) => set.name === name)?.elements ?? [];
    const there = before === undefined ? elements.values() : unlike(before, after);
    for (const { comment } of there) if (comment !== undefined) yield comment;
  }
}

function settled(change: Change, staying: ReadonlyMap<string, Change['origin']>): Change {
  if (change.sign === '~' || !staying.has(change.text)) return change;
  const origin = change.origin ?? staying.get(change.text);
  return { ...change, sign: '~', ...(origin !== undefined && { origin }) };
}
