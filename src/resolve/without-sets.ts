import type { DesiredTable, Rule } from '../model/ruleset.ts';
import { type DesiredSet, elementMatch } from '../model/sets.ts';

/** The same meaning in rules alone: in the place of a rule that looks into a set, one for each of its elements. */
export function withoutSets(
  tables: readonly DesiredTable[],
  sets: readonly DesiredSet[],
): readonly DesiredTable[] {
  const byName = new Map(sets.map((set) => [set.name, set]));
  const writtenOut = (rule: Rule): readonly Rule[] => {
    const { set, ...match } = rule.match;
    if (set === undefined) return [rule];
    const found = byName.get(set.name);
    if (found === undefined) return [];
    return found.elements.map((element) => ({
      ...rule,
      match: { ...match, ...elementMatch(element, set, found.type) },
      ...(element.comment !== undefined && { comment: element.comment }),
      ...(element.origin !== undefined && { origin: element.origin }),
    }));
  };
  return tables.map((table) => ({
    ...table,
    chains: table.chains.map((chain) => ({ ...chain, rules: chain.rules.flatMap(writtenOut) })),
  }));
}
