import type { Ownership } from '../model/ownership.ts';
import { ruleKey } from '../model/rule-key.ts';
import type { FilledChain, RestoreTable } from '../model/rules-operations.ts';
import type { Family } from '../model/ruleset.ts';
import { renderRule } from './render-rule.ts';
import { chainName } from './render-values.ts';

type Restored = Pick<RestoreTable, 'family' | 'table' | 'chains' | 'unhook' | 'hook' | 'removeChains'>;

/**
 * The input of `iptables-restore --noflush` (of `ip6tables-restore` for family 6) that performs the operation in one transaction. With
 * an ownership given, throws when a chain it fills, removes or hooks is not ours. `removeTable` is not text: it is the caller's.
 */
export function renderRestore(operation: Restored, ownership?: Ownership): string {
  const written = [...operation.chains.map(({ name }) => name), ...operation.removeChains];
  if (new Set(written).size !== written.length)
    throw new Error('a chain is written twice in one transaction');
  if (ownership !== undefined) assertOwned(operation, written, ownership);
  const emptied = [
    ...operation.chains.filter(({ over }) => over === undefined).map(({ name }) => name),
    ...operation.removeChains,
  ];
  return [
    `*${operation.table}`,
    // With --noflush, naming a chain empties it when it exists and makes it when it does not: removal, too, starts from that.
    ...emptied.map((name) => `:${chainName(name)} - [0:0]`),
    ...operation.unhook.map(({ chain, to }) => `-D ${chainName(chain)} -j ${chainName(to)}`),
    ...operation.chains.flatMap((chain) => [...linesOf(chain, operation.family)]),
    ...operation.hook.map(({ chain, to }) => `-I ${chainName(chain)} 1 -j ${chainName(to)}`),
    ...operation.removeChains.map((name) => `-X ${name}`),
    'COMMIT',
    '',
  ].join('\n');
}

function* linesOf({ name, rules, over }: FilledChain, family: Family): Generator<string> {
  const [before, after] = [new Set(over?.map(ruleKey)), new Set(rules.map(ruleKey))];
  for (const rule of over ?? [])
    if (!after.has(ruleKey(rule))) yield `-D ${chainName(name)} ${renderRule(rule, family)}`;
  for (const [index, rule] of rules.entries()) {
    if (over === undefined) yield `-A ${name} ${renderRule(rule, family)}`;
    else if (!before.has(ruleKey(rule)))
      yield `-I ${chainName(name)} ${index + 1} ${renderRule(rule, family)}`;
  }
}

function assertOwned(operation: Restored, written: readonly string[], ownership: Ownership): void {
  const hooked = [...operation.hook, ...operation.unhook];
  for (const name of [...written, ...hooked.map(({ to }) => to)]) {
    if (!ownership.ownsChain(name)) throw new Error(`not a chain of ours: ${name}`);
  }
  for (const { chain } of hooked) {
    if (ownership.ownsChain(chain)) throw new Error(`a hook in a chain of ours: ${chain}`);
  }
}
