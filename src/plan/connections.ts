import type { Desired, DesiredNamespace } from '../model/desired.ts';
import type { HostFacts } from '../model/facts.ts';
import { groupBy } from '../model/group-by.ts';
import type { NamespaceState } from '../model/namespace.ts';
import type { Notice } from '../model/notice.ts';
import type { Observed } from '../model/observed.ts';
import type { Operation } from '../model/plan.ts';
import type { CutConnections, RemoveSet, RestoreTable, UpdateSet } from '../model/rules-operations.ts';
import type { Family } from '../model/ruleset.ts';
import type { SetElement } from '../model/sets.ts';
import { linesOfLosses, withDetails, withoutEnd } from './connection-lines.ts';
import type { Part } from './part.ts';
import { type Region, regionOf } from './region.ts';
import { type Changed, takenAway } from './taken-away.ts';
import { type Ruleset, readable, speakersOf } from './written-out.ts';

type RuleOperation = RestoreTable | UpdateSet | RemoveSet;

/**
 * The same operations on rules and sets, each line that costs open connections their permission saying so, and for each namespace
 * and family where there is such a line what ends them, as for those left over from before; where nothing can end them, that is what
 * the lines say.
 */
export function planConnections(
  operations: readonly Operation[],
  desired: Desired,
  observed: Observed,
  facts: Pick<HostFacts, 'conntrack'>,
  uncut: readonly CutConnections[],
): Part {
  const fresh = [...groupBy(operations.filter(isOnRules), ({ namespace }) => namespace)].flatMap(
    ([id, ours]) => {
      const [from, to] = [observed.namespaces.get(id), desired.namespaces.get(id)];
      return from === undefined ? [] : families.flatMap((family) => cutIn(from, to, family, ours) ?? []);
    },
  );
  const cuts = [...fresh, ...uncut.flatMap((cut) => onceMore(cut, desired, observed))];
  if (facts.conntrack) return { operations: [...withDetails(operations, cuts), ...cuts], notices: [] };
  const goingOn = fresh.map(withoutEnd);
  const isTold = goingOn.some(({ changes }) => changes.some(({ detail }) => detail !== undefined));
  return { operations: withDetails(operations, goingOn), notices: isTold ? [withoutTool] : [] };
}

const families: readonly Family[] = [4, 6];

const withoutTool: Notice = {
  kind: 'warning',
  subject: 'open connections',
  message:
    'what is taken away from them here they keep until they end: the program conntrack is not installed',
  hint: "install it; Debian's package is conntrack",
};

function cutIn(
  state: NamespaceState,
  wanted: DesiredNamespace | undefined,
  family: Family,
  operations: readonly RuleOperation[],
): CutConnections | undefined {
  const before = observedRules(state, family);
  const after = desiredRules(wanted, family);
  const losses = takenAway(before, after, {
    chains: new Set(
      operations.flatMap((operation) =>
        operation.kind === 'restore-table' && operation.family === family && isJudging(operation)
          ? [...operation.chains.map(({ name }) => name), ...operation.removeChains]
          : [],
      ),
    ),
    ...changedElements(before, after, operations),
  });
  if (losses.length === 0) return undefined;
  const regions = losses.map(({ rule }) => regionOf(rule.match));
  return {
    kind: 'cut-connections',
    because: 'what allowed them is no more',
    changes: linesOfLosses(losses, operations, state.name, before.chains.size > 0),
    namespace: state.id,
    family,
    before: speakersOf(before, widest(regions)),
    after: speakersOf(after, widest(regions)),
  };
}

/** The same by the rules of today: what is allowed again by now goes on. A container that stopped took its connections with it. */
function onceMore(cut: CutConnections, desired: Desired, observed: Observed): readonly CutConnections[] {
  if (!observed.namespaces.has(cut.namespace)) return [];
  const rules = desiredRules(desired.namespaces.get(cut.namespace), cut.family);
  const because = 'they could not be ended before';
  return [{ ...cut, because, after: speakersOf(rules, [regionOf({})]) }];
}

/** Beyond this many, all rules are looked at. */
const mostRegions = 64;

function widest(regions: readonly Region[]): readonly Region[] {
  return regions.length <= mostRegions ? regions : [regionOf({})];
}

function isOnRules(operation: Operation): operation is RuleOperation {
  return ['restore-table', 'update-set', 'remove-set'].includes(operation.kind);
}

/** The tables that decide about connections: what `raw` lets through it leaves to them. */
function isJudging({ table }: Pick<RestoreTable, 'table'>): boolean {
  return table === 'filter' || table === 'nat';
}

function observedRules({ tables, sets }: NamespaceState, family: Family): Ruleset {
  const chains = tables
    .filter((table) => table.family === family && isJudging(table))
    .flatMap((table) => [...table.chains].map(([name, rules]) => [name, readable(rules)] as const));
  const ofFamily = sets.filter((set) => set.family === family);
  return {
    chains: new Map(chains),
    sets: new Map(
      ofFamily.map(({ name, type, elements }) => [name, { name, type, elements: [...elements.values()] }]),
    ),
  };
}

function desiredRules(wanted: DesiredNamespace | undefined, family: Family): Ruleset {
  const chains = (wanted?.tables ?? [])
    .filter((table) => table.family === family && isJudging(table))
    .flatMap((table) => table.chains);
  const ofFamily = (wanted?.sets ?? []).filter((set) => set.family === family);
  return {
    chains: new Map(chains.map(({ name, rules }) => [name, rules])),
    sets: new Map(ofFamily.map((set) => [set.name, set])),
  };
}

/** Nobody need compare the thousands of elements of a set that no rule looks into to take something away. */
function changedElements(
  before: Ruleset,
  after: Ruleset,
  operations: readonly RuleOperation[],
): Pick<Changed, 'removed' | 'added'> {
  const bySet = groupBy(
    operations.filter((operation) => 'set' in operation),
    ({ set }) => set,
  );
  return {
    removed: (name) => {
      const ofSet = bySet.get(name) ?? [];
      return changesAlone(ofSet)?.remove ?? elementsOnlyIn(elementsOf(before, name), elementsOf(after, name));
    },
    added: (name) => {
      const ofSet = bySet.get(name) ?? [];
      return elementsOnlyIn(changesAlone(ofSet)?.add ?? elementsOf(after, name), elementsOf(before, name));
    },
  };
}

type SetOperation = UpdateSet | RemoveSet;
type Difference = Readonly<Record<'add' | 'remove', readonly SetElement[]>>;

/** As the operations say it, where they are changes of a set that stays, or there are none. */
function changesAlone(operations: readonly SetOperation[]): Difference | undefined {
  const add: SetElement[] = [];
  const remove: SetElement[] = [];
  for (const each of operations) {
    if (each.kind !== 'update-set' || each.how !== 'change') return undefined;
    if (each.add.length + each.remove.length > mostRegions) return undefined;
    add.push(...each.add);
    remove.push(...each.remove);
  }
  return { add, remove };
}

function elementsOnlyIn(
  elements: readonly SetElement[],
  others: readonly SetElement[],
): readonly SetElement[] {
  if (elements.length === 0 || others.length === 0) return elements;
  const there = new Set(others.map(({ entry }) => entry));
  return elements.filter(({ entry }) => !there.has(entry));
}

function elementsOf({ sets }: Ruleset, name: string): readonly SetElement[] {
  return sets.get(name)?.elements ?? [];
}
