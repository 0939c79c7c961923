import type { HostFacts } from '../model/facts.ts';
import { groupBy } from '../model/group-by.ts';
import type { Change, CutConnections, Operation, RemoveSet, RestoreTable, UpdateSet } from '../model/plan.ts';
import { type Family, type Target, titleText } from '../model/ruleset.ts';
import type { SetElement } from '../model/sets.ts';
import type { Desired, DesiredNamespace, NamespaceState, Notice, Observed } from '../model/state.ts';
import type { Part } from './part.ts';
import { type Region, regionOf } from './region.ts';
import { type Changed, type Loss, takenAway } from './taken-away.ts';
import { type Ruleset, readable, speakersOf } from './written-out.ts';

type RuleOperation = RestoreTable | UpdateSet | RemoveSet;

/**
 * The same operations on rules and sets, each line that costs open connections their permission saying so, and for each namespace
 * and family where there is such a line what ends them; where they cannot be ended, that is what the lines say.
 */
export function planConnections(
  operations: readonly Operation[],
  desired: Desired,
  observed: Observed,
  facts: Pick<HostFacts, 'conntrack'>,
): Part {
  const cuts = [...groupBy(operations.filter(isOnRules), ({ namespace }) => namespace)].flatMap(
    ([id, ours]) => {
      const [from, to] = [observed.namespaces.get(id), desired.namespaces.get(id)];
      return from === undefined ? [] : families.flatMap((family) => cutIn(from, to, family, ours) ?? []);
    },
  );
  const told = facts.conntrack ? cuts : cuts.map(goingOn);
  const details = new Map(told.flatMap(({ lines }) => lines.map((line) => [lineKey(line), line.detail])));
  const rules = operations.map((operation) => ({
    ...operation,
    changes: operation.changes.map((change) => detailed(change, details.get(lineKey(change)))),
  }));
  if (facts.conntrack) return { operations: [...rules, ...cuts.map(({ cut }) => cut)], notices: [] };
  return { operations: rules, notices: details.size === 0 ? [] : [withoutTool] };
}

const families: readonly Family[] = [4, 6];

const withoutTool: Notice = {
  kind: 'warning',
  subject: 'open connections',
  message:
    'what is taken away from them here they keep until they end: the program conntrack is not installed',
  hint: "install it; Debian's package is conntrack",
};

interface Cut {
  readonly cut: CutConnections;
  /** Of the lines that people read those that cost connections their permission. */
  readonly lines: readonly Change[];
}

function cutIn(
  state: NamespaceState,
  wanted: DesiredNamespace | undefined,
  family: Family,
  operations: readonly RuleOperation[],
): Cut | undefined {
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
  const lines = before.chains.size === 0 ? [] : linesOf(losses, state.name, operations);
  return {
    lines,
    cut: {
      kind: 'cut-connections',
      because: 'what allowed them is no more',
      changes: lines.length > 0 ? lines : operations.flatMap(({ changes }) => changes).slice(0, 1),
      namespace: state.id,
      family,
      before: speakersOf(before, widest(regions)),
      after: speakersOf(after, widest(regions)),
    },
  };
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
      ofFamily.map(({ name, type, elements }) => [name, { type, elements: [...elements.values()] }]),
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

function changedElements(
  before: Ruleset,
  after: Ruleset,
  operations: readonly RuleOperation[],
): Pick<Changed, 'removed' | 'added'> {
  const names = new Set(operations.flatMap((operation) => ('set' in operation ? [operation.set] : [])));
  const differences = [...names].map((name) => {
    const [had, has] = [elementsOf(before, name), elementsOf(after, name)];
    return {
      name,
      removed: [...had.values()].filter(({ entry }) => !has.has(entry)),
      added: [...has.values()].filter(({ entry }) => !had.has(entry)),
    };
  });
  return {
    removed: new Map(differences.map(({ name, removed }) => [name, removed])),
    added: new Map(differences.map(({ name, added }) => [name, added])),
  };
}

function elementsOf({ sets }: Ruleset, name: string): ReadonlyMap<string, SetElement> {
  return new Map((sets.get(name)?.elements ?? []).map((element) => [element.entry, element]));
}

/** Which lines of the plan cost connections their permission; a refusal that only comes earlier now has no line and gets one. */
function linesOf(
  losses: readonly Loss[],
  place: string,
  operations: readonly RuleOperation[],
): readonly Change[] {
  const said = new Map(
    operations.flatMap(({ changes }) => changes.map((change) => [lineKey(change), change])),
  );
  const lines = new Map<string, Change>();
  for (const { rule, how } of losses) {
    const costs = costOf(rule.target, how);
    if (rule.comment === undefined || costs === undefined) continue;
    const { detail, signs } = costs;
    const line = { area: 'namespace', place, text: titleText(rule.comment) } as const;
    const sign = signs.find((each) => said.has(lineKey({ ...line, sign: each }))) ?? '~';
    const known = said.get(lineKey({ ...line, sign }));
    lines.set(lineKey({ ...line, sign }), { ...line, sign, ...known, detail });
  }
  return [...lines.values()];
}

function costOf(
  { kind }: Target,
  how: Loss['how'],
): { readonly detail: string; readonly signs: readonly Change['sign'][] } | undefined {
  if (how === 'gone' && (kind === 'accept' || kind === 'dnat'))
    return { detail: 'its open connections end', signs: ['-', '~'] };
  if (how === 'fresh' && (kind === 'drop' || kind === 'reject'))
    return { detail: 'ends open connections', signs: ['+', '~'] };
  return undefined;
}

function goingOn({ cut, lines }: Cut): Cut {
  return { cut, lines: lines.map((line) => ({ ...line, detail: 'open connections go on' })) };
}

function lineKey({ area, place, sign, text }: Change): string {
  return JSON.stringify([area, place, sign, text]);
}

function detailed(change: Change, detail: string | undefined): Change {
  return detail === undefined ? change : { ...change, detail };
}
