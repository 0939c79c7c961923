import { type Chain, concernsNewConnections, type Rule, type UnreadRule } from '../model/ruleset.ts';
import { elementMatch, type SetElement, type SetType } from '../model/sets.ts';
import { isEverywhere, overlap, type Region, regionOf } from './region.ts';

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
  const isAllMeant = regions.some(isEverywhere);
  const isMeant = (candidate: Rule): boolean => {
    if (isAllMeant) return true;
    const region = regionOf(candidate.match);
    return regions.some((other) => overlap(region, other));
  };
  if (match.set === undefined) {
    const plain = { match, target, ...(comment !== undefined && { comment }) };
    if (isMeant(plain)) yield plain;
    return;
  }
  const set = sets.get(match.set.name);
  if (set === undefined) return;
  for (const element of elementsFor(rule, set, regions)) {
    const written = elementRule(rule, element, set.type);
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

/** The elements of the set that the rule may look up in these regions: the thousands for other targets are ruled out by their text, quickly. */
export function elementsFor(
  { match }: Rule,
  { type, elements }: ElementsOf,
  regions: readonly Region[],
): readonly SetElement[] {
  if (type !== 'hash:ip,port,net' || match.set?.by[0] !== 'dst') return elements;
  const targets: string[] = [];
  for (const { match: meant } of regions) {
    const single = /^(.+)\/(32|128)$/.exec(meant.destination ?? '')?.[1];
    if (single === undefined) return elements;
    targets.push(`${single},`);
  }
  const [only] = targets;
  if (targets.length === 1 && only !== undefined)
    return elements.filter(({ entry }) => entry.startsWith(only));
  return elements.filter(({ entry }) => targets.some((target) => entry.startsWith(target)));
}

/** Of rules as they are in the kernel those that can be read. */
export function readable(rules: readonly (Rule | UnreadRule)[]): readonly Rule[] {
  return rules.flatMap((rule) => ('unread' in rule ? [] : [rule]));
}
