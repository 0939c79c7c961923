import { groupBy } from '../model/group-by.ts';
import type { DesiredTable, Rule } from '../model/ruleset.ts';
import { type DesiredSet, elementRule } from '../model/sets.ts';

/** The same meaning without these sets: in the place of a rule that looks into one of them, one for each of its elements. */
export function withoutSets(
  tables: readonly DesiredTable[],
  sets: readonly DesiredSet[],
): readonly DesiredTable[] {
  const byName = new Map(sets.map((set) => [set.name, set]));
  const writtenOut = (rule: Rule): readonly Rule[] => {
    const { set } = rule.match;
    if (set === undefined) return [rule];
    const found = byName.get(set.name);
    return found?.elements.map((element) => elementRule(rule, element, found.type)) ?? [rule];
  };
  return tables.map((table) => ({
    ...table,
    chains: table.chains.map((chain) => ({ ...chain, rules: chain.rules.flatMap(writtenOut) })),
  }));
}

/** The kernel keeps no more interfaces for one block of addresses (ipset(8), hash:net,iface; measured: "Hash is full"). */
const mostInterfaces = 64;

/** Whether the kernel takes all of its elements. */
export function fitsKernel({ type, elements }: DesiredSet): boolean {
  if (type !== 'hash:net,iface' || elements.length <= mostInterfaces) return true;
  const blocks = groupBy(elements, ({ entry }) => entry.slice(0, entry.indexOf(',')));
  return [...blocks.values()].every(({ length }) => length <= mostInterfaces);
}

/** Without the rules that look into a set of which there is no element: the kernel takes none for a set that is not there. */
export function withoutFutileRules(
  tables: readonly DesiredTable[],
  sets: readonly DesiredSet[],
): readonly DesiredTable[] {
  const names = new Set(sets.map(({ name }) => name));
  const isFutile = ({ match }: Rule): boolean => match.set !== undefined && !names.has(match.set.name);
  if (!tables.some(({ chains }) => chains.some(({ rules }) => rules.some(isFutile)))) return tables;
  return tables.map((table) => ({
    ...table,
    chains: table.chains.map((chain) => ({ ...chain, rules: chain.rules.filter((rule) => !isFutile(rule)) })),
  }));
}
