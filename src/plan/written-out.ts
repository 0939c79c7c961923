import { type Chain, concernsNewConnections, type Rule, type UnreadRule } from '../model/ruleset.ts';
import { elementMatch, type SetElement, type SetType } from '../model/sets.ts';
import { overlap, type Region, regionOf } from './region.ts';

/** One family's rules of one namespace, desired or observed: chains of all tables, and the sets they look into. */
export interface Ruleset {
  readonly chains: ReadonlyMap<string, readonly Rule[]>;
  readonly sets: ReadonlyMap<string, ElementsOf>;
}

export interface ElementsOf {
  readonly type: SetType | 'other';
  readonly elements: readonly SetElement[];
}

/** The rules of all chains that speak of connections in these regions, in order, with what is in sets written out as rules. */
export function speakersOf({ chains, sets }: Ruleset, regions: readonly Region[]): readonly Chain[] {
  return [...chains]
    .map(([name, rules]) => ({
      name,
      rules: rules.flatMap((rule) => [...writtenOut(rule, sets, regions)]),
    }))
    .filter(({ rules }) => rules.length > 0);
}

function* writtenOut(rule: Rule, sets: Ruleset['sets'], regions: readonly Region[]): Generator<Rule> {
  const { match, target, comment } = rule;
  if (['log', 'masquerade'].includes(target.kind) || !concernsNewConnections(match)) return;
  const isMeant = (candidate: Rule): boolean => {
    const region = regionOf(candidate.match);
    return regions.some((other) => overlap(region, other));
  };
  if (match.set === undefined) {
    const plain = { match, target, ...(comment !== undefined && { comment }) };
    if (isMeant(plain)) yield plain;
    return;
  }
  const set = sets.get(match.set.name);
  for (const element of set?.elements ?? []) {
    if (set?.type === 'hash:ip,port,net' && !regions.some((region) => mayMean(element.entry, rule, region)))
      continue;
    const written = elementRule(rule, element, set?.type ?? 'other');
    if (written !== undefined && isMeant(written)) yield written;
  }
}

/** The rule for one element of the set it looks into; undefined where the set is none of ours. */
export function elementRule(
  { match, target, comment }: Rule,
  element: SetElement,
  type: SetType | 'other',
): Rule | undefined {
  const { set, ...rest } = match;
  if (set === undefined || type === 'other') return undefined;
  const name = element.comment ?? comment;
  return {
    match: { ...rest, ...elementMatch(element, set, type) },
    target,
    ...(name !== undefined && { comment: name }),
  };
}

/** Rules out by their text, quickly, the thousands of elements for other targets. */
export function mayMean(entry: string, { match }: Rule, { match: { destination } }: Region): boolean {
  const single = destination === undefined ? undefined : /^(.+)\/(32|128)$/.exec(destination)?.[1];
  return single === undefined || match.set?.by[0] !== 'dst' || entry.startsWith(`${single},`);
}

/** Of rules as they are in the kernel those that can be read. */
export function readable(rules: readonly (Rule | UnreadRule)[]): readonly Rule[] {
  return rules.flatMap((rule) => ('unread' in rule ? [] : [rule]));
}
