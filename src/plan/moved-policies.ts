import type { Change } from '../model/change.ts';
import type { Desired, DesiredNamespace } from '../model/desired.ts';
import type { NamespaceState } from '../model/namespace.ts';
import type { Observed } from '../model/observed.ts';
import type { Operation } from '../model/plan.ts';
import { commentText, titleText } from '../model/ruleset.ts';

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
  const before = new Set<string>();
  let asked: ReadonlySet<string> | undefined;
  for (const comment of commentsIn(state)) {
    asked ??= new Set([...texts].map(commentText));
    if (asked.has(comment)) before.add(comment);
  }
  const staying = new Map<string, Change['origin']>();
  if (before.size === 0) return staying;
  const keep = (comment: string | undefined, origin: Change['origin']): void => {
    if (comment === undefined || !before.has(comment)) return;
    const text = titleText(comment);
    staying.set(text, staying.get(text) ?? origin);
  };
  for (const { chains } of wanted?.tables ?? [])
    for (const { rules } of chains) for (const { comment, origin } of rules) keep(comment, origin);
  for (const { elements } of wanted?.sets ?? [])
    for (const { comment, origin } of elements) keep(comment, origin);
  return staying;
}

function* commentsIn(state: NamespaceState | undefined): Generator<string> {
  for (const { chains } of state?.tables ?? []) {
    for (const rules of chains.values()) for (const rule of rules) if ('comment' in rule) yield rule.comment;
  }
  for (const { elements } of state?.sets ?? [])
    for (const { comment } of elements.values()) if (comment !== undefined) yield comment;
}

function settled(change: Change, staying: ReadonlyMap<string, Change['origin']>): Change {
  if (change.sign === '~' || !staying.has(change.text)) return change;
  const origin = change.origin ?? staying.get(change.text);
  return { ...change, sign: '~', ...(origin !== undefined && { origin }) };
}
