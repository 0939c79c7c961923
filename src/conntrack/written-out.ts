import type { Spoken, SpokenSet } from '../model/rules-operations.ts';
import type { Chain, Rule } from '../model/ruleset.ts';
import { elementRule } from '../model/sets.ts';
import type { Flow } from './flow.ts';

/**
 * The chains with each look-up in a set written out as rules, as far as they can mean one of these connections: of thousands of elements
 * most are for targets that nobody is connected to.
 */
export function writtenOut({ chains, sets }: Spoken, flows: readonly Flow[]): readonly Chain[] {
  const targets = new Set(flows.flatMap(({ original, reply }) => [original.destination, reply.source]));
  const byName = new Map(sets.map((set) => [set.name, set]));
  const inRules = (rule: Rule): readonly Rule[] => {
    const { set } = rule.match;
    return set === undefined ? [rule] : lookedUp(rule, byName.get(set.name), targets);
  };
  return chains.map(({ name, rules }) => ({ name, rules: rules.flatMap(inRules) }));
}

function lookedUp(rule: Rule, set: SpokenSet | undefined, targets: ReadonlySet<string>): readonly Rule[] {
  if (set === undefined || set.type === 'other') return [];
  const { type, elements } = set;
  const isByTarget = type === 'hash:ip,port,net' && rule.match.set?.by[0] === 'dst';
  const meant = isByTarget
    ? elements.filter(({ entry }) => targets.has(entry.slice(0, entry.indexOf(','))))
    : elements;
  return meant.map((element) => elementRule(rule, element, type));
}
