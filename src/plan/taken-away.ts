import { outlivesDnat } from '../model/on-demand.ts';
import { ruleKey } from '../model/rule-key.ts';
import { concernsNewConnections, type Rule } from '../model/ruleset.ts';
import { elementRule, type SetElement } from '../model/sets.ts';
import { covers, overlap, type Region, regionOf } from './region.ts';
import { lookedUp, type Ruleset } from './written-out.ts';

/** A rule whose coming or going may cost a connection its permission; a set's element as the rule it means. */
export interface Loss {
  readonly rule: Rule;
  readonly how: 'gone' | 'fresh';
  readonly chain: string;
}

/** The elements in question of the set of this name. */
type ElementsBySet = (set: string) => readonly SetElement[];

/** What is about to be changed: chains by name, and elements by the name of their set. */
export interface Changed {
  readonly chains: ReadonlySet<string>;
  readonly removed: ElementsBySet;
  readonly added: ElementsBySet;
}

/** More are not compared with what takes their place: that they may cost a connection is enough to look. */
const mostCompared = 64;

/** The changes from one ruleset to the other that may cost a connection its permission; none when all that was allowed still is. */
export function takenAway(before: Ruleset, after: Ruleset, changed: Changed): readonly Loss[] {
  const losses = [
    ...[...changed.chains].flatMap((chain) => chainLosses(chain, before, after)),
    ...elementLosses(before, changed.removed, 'gone'),
    ...elementLosses(after, changed.added, 'fresh'),
  ].filter(({ rule: { match } }) => concernsNewConnections(match));
  const isCompared = losses.length <= mostCompared;
  return losses.filter((loss) => {
    const { rule, how } = loss;
    // Before containers on demand sleep, what was led to them goes on: the accept of it goes when they do.
    if (rule.target.kind === 'dnat' && outlivesDnat(rule)) return false;
    if (how === 'fresh') return rule.target.kind !== 'dnat' || isInTheWay(rule, before);
    return !isCompared || rule.target.kind !== 'accept' || !isStillAccepted(loss, before, after);
  });
}

function chainLosses(chain: string, before: Ruleset, after: Ruleset): readonly Loss[] {
  const had = byMeaning(before.chains.get(chain) ?? []);
  const has = byMeaning(after.chains.get(chain) ?? []);
  const kept = [...had.keys()].filter((key) => has.has(key));
  const moved = movedKeys(
    kept,
    [...has.keys()].filter((key) => had.has(key)),
  );
  return [
    ...[...had].flatMap(([key, rule]): readonly Loss[] =>
      !has.has(key) && permits(rule) ? [{ rule, how: 'gone', chain }] : [],
    ),
    ...[...has].flatMap(([key, rule]): readonly Loss[] =>
      (!had.has(key) || moved.has(key)) && refuses(rule) ? [{ rule, how: 'fresh', chain }] : [],
    ),
  ];
}

/** What stands elsewhere among what stayed: all between the first and the last that differ. */
function movedKeys(before: readonly string[], after: readonly string[]): ReadonlySet<string> {
  const first = after.findIndex((key, index) => key !== before[index]);
  if (first === -1) return new Set();
  const last = after.findLastIndex((key, index) => key !== before[index]);
  return new Set(after.slice(first, last + 1));
}

function elementLosses(ruleset: Ruleset, elements: ElementsBySet, how: Loss['how']): readonly Loss[] {
  return [...ruleset.chains].flatMap(([chain, rules]) =>
    rules.flatMap((rule): readonly Loss[] => {
      const name = rule.match.set?.name;
      if (name === undefined || !(how === 'gone' ? permits(rule) : refuses(rule))) return [];
      const type = ruleset.sets.get(name)?.type ?? 'other';
      if (type === 'other') return [];
      return elements(name).map((element) => ({ rule: elementRule(rule, element, type), how, chain }));
    }),
  );
}

/** Its going can cost a permission: it let something through, or kept it from a refusal. */
function permits({ target }: Rule): boolean {
  return target.kind === 'accept' || target.kind === 'dnat' || target.kind === 'return';
}

/** Its coming can cost a permission: it refuses, leads to what refuses, or keeps something from what would have let it through. */
function refuses({ target }: Rule): boolean {
  return ['drop', 'reject', 'return', 'jump', 'dnat'].includes(target.kind);
}

/** A new translation takes connections from those that were there. */
function isInTheWay(rule: Rule, before: Ruleset): boolean {
  const region = regionOf(rule.match);
  return [...before.chains.values()]
    .flat()
    .some(({ match, target }) => target.kind === 'dnat' && overlap(region, regionOf(match)));
}

/** All that the lost rule accepted is accepted by another now, and nothing comes before that which did not come before the lost one. */
function isStillAccepted({ rule, chain }: Loss, before: Ruleset, after: Ruleset): boolean {
  const lost = regionOf(rule.match);
  const earlier = byMeaning(rulesBefore(rule, before, chain));
  for (const candidate of after.chains.get(chain) ?? []) {
    if (!concernsNewConnections(candidate.match)) continue;
    if (candidate.target.kind === 'accept') {
      if (accepts(candidate, lost, after)) return true;
    } else if (
      refuses(candidate) &&
      !earlier.has(meaningOf(candidate)) &&
      overlap(regionOf(candidate.match), lost)
    )
      return false;
  }
  return false;
}

/** The rules of the chain up to the one that the lost rule is, or from whose set it comes. */
function rulesBefore(lost: Rule, { chains, sets }: Ruleset, chain: string): readonly Rule[] {
  const rules = chains.get(chain) ?? [];
  const key = meaningOf(lost);
  const at = rules.findIndex((rule) =>
    rule.match.set === undefined
      ? meaningOf(rule) === key
      : rule.target.kind === lost.target.kind && accepts(rule, regionOf(lost.match), { chains, sets }),
  );
  return rules.slice(0, Math.max(at, 0));
}

function accepts(rule: Rule, lost: Region, { sets }: Ruleset): boolean {
  const name = rule.match.set?.name;
  if (name === undefined) return covers(regionOf(rule.match), lost);
  return lookedUp(rule, sets.get(name), [lost]).some(({ match }) => covers(regionOf(match), lost));
}

function byMeaning(rules: readonly Rule[]): ReadonlyMap<string, Rule> {
  return new Map(rules.map((rule) => [meaningOf(rule), rule]));
}

/** The same text for rules that do the same, whatever their comments say. */
function meaningOf({ match, target }: Rule): string {
  return ruleKey({ match, target });
}
