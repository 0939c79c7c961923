import { groupBy } from '../model/group-by.ts';
import type { Ownership } from '../model/ownership.ts';
import type { DesiredTable, Family, Hook, Rule } from '../model/ruleset.ts';
import { type ChainPart, chains, hooksOf } from './chains.ts';

/** The rules of one family while they are gathered, each known by a key within its part. */
export type TableParts = Map<ChainPart, Map<string, Rule>>;

/** Our tables as the kernel is to have them, each chain's parts in their order. */
export function tablesOf(
  rules: ReadonlyMap<Family, TableParts>,
  ownership: Ownership,
): readonly DesiredTable[] {
  const tables: DesiredTable[] = [];
  for (const [family, parts] of [...rules].sort(([one], [other]) => one - other)) {
    for (const [table, members] of groupBy(parts, ([part]) => chains[part].table)) {
      const byRole = groupBy(members, ([part]) => chains[part].role);
      tables.push({
        family,
        table,
        chains: [...byRole].map(([role, pieces]) => ({
          name: ownership.chain(role),
          rules: pieces
            .toSorted(([one], [other]) => chains[one].order - chains[other].order)
            .flatMap(([, list]) => [...list.values()]),
        })),
        hooks: [...byRole.keys()].flatMap((role): readonly Hook[] => {
          const from = hooksOf[role];
          return from === undefined ? [] : [{ from, into: ownership.chain(role) }];
        }),
      });
    }
  }
  return tables;
}
