import type { Spoken, SpokenSet } from '../model/rules-operations.ts';
import { concernsNewConnections, type Match, type Rule, type UnreadRule } from '../model/ruleset.ts';
import { elementRule, type SetElement } from '../model/sets.ts';
import { isEverywhere, overlap, type Region, regionOf } from './region.ts';

/** One family's rules of one namespace, desired or observed: chains of all tables, and the sets they look into. */
export interface Ruleset {
  readonly chains: ReadonlyMap<string, readonly Rule[]>;
  readonly sets: ReadonlyMap<string, SpokenSet>;
}

/**
 * The rules of all chains that speak of connections in these regions, in order, with what is in sets written out as rules; where all
 * connections are meant, that is left to who knows which there are.
 */
export function speakersOf({ chains, sets }: Ruleset, regions: readonly Region[]): Spoken {
  const isAllMeant = regions.some(isEverywhere);
  const speaking = [...chains].map(([name, rules]) => {
    const speakers = rules.filter(isSpeaking);
    if (isAllMeant) return { name, rules: speakers };
    return { name, rules: speakers.flatMap((rule) => [...writtenOut(rule, sets, regions)]) };
  });
  return {
    chains: speaking.filter(({ rules }) => rules.length > 0),
    sets: isAllMeant ? [...sets.values()] : [],
  };
}

function isSpeaking({ match, target }: Rule): boolean {
  return !['log', 'masquerade', 'count'].includes(target.kind) && concernsNewConnections(match);
}

function* writtenOut(rule: Rule, sets: Ruleset['sets'], regions: readonly Region[]): Generator<Rule> {
  const isMeant = ({ match }: Rule): boolean => {
    const region = regionOf(match);
    return regions.some((other) => overlap(region, other));
  };
  const { set } = rule.match;
  if (set === undefined) {
    if (isMeant(rule)) yield rule;
    return;
  }
  for (const written of lookedUp(rule, sets.get(set.name), regions)) if (isMeant(written)) yield written;
}

/** The rules that a look-up in the set is in these regions; none where the set is none of ours. */
export function lookedUp(
  rule: Rule,
  set: SpokenSet | undefined,
  regions: readonly Region[],
): readonly Rule[] {
  if (set === undefined || set.type === 'other') return [];
  const { type } = set;
  return elementsFor(rule, set, regions).map((element) => elementRule(rule, element, type));
}

/** The elements of the set that the rule may look up in these regions: the thousands for other targets and ports are ruled out by their text, quickly. */
function elementsFor(
  { match }: Rule,
  { type, elements }: SpokenSet,
  regions: readonly Region[],
): readonly SetElement[] {
  if (type !== 'hash:ip,port,net' || match.set?.by[0] !== 'dst') return elements;
  const targets: string[] = [];
  for (const { match: meant } of regions) {
    const single = /^(.+)\/(32|128)$/.exec(meant.destination ?? '')?.[1];
    if (single === undefined) return elements;
    targets.push(`${single},${portText(meant)}`);
  }
  const [only] = targets;
  if (targets.length === 1 && only !== undefined) return elements.filter(beginsWith(only));
  return elements.filter(({ entry }) => targets.some((target) => entry.startsWith(target)));
}

/** Nearly all differ in the last digit or the one before. */
function beginsWith(text: string): (element: SetElement) => boolean {
  const [at, before] = [text.length - 2, text.length - 3];
  const [last, lastButOne] = [text.charCodeAt(at), text.charCodeAt(before)];
  return ({ entry }) =>
    entry.charCodeAt(at) === last && entry.charCodeAt(before) === lastButOne && entry.startsWith(text);
}

/** How an element goes on after its target where only one port is meant. */
function portText({ protocol, destinationPorts = [] }: Match): string {
  const [range] = destinationPorts;
  const isOne = destinationPorts.length === 1 && range !== undefined && range.from === range.to;
  return protocol !== undefined && isOne ? `${protocol}:${range.from},` : '';
}

/** Of rules as they are in the kernel those that can be read. */
export function readable(rules: readonly (Rule | UnreadRule)[]): readonly Rule[] {
  return rules.flatMap((rule) => ('unread' in rule ? [] : [rule]));
}
