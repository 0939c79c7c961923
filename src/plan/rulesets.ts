import { familyOf } from '../model/block.ts';
import type { Change } from '../model/change.ts';
import type { Desired } from '../model/desired.ts';
import { hostNamespace, type NamespaceId, type NamespaceState } from '../model/namespace.ts';
import type { Observed } from '../model/observed.ts';
import { isChainOfAnyInstance, type Ownership } from '../model/ownership.ts';
import type { Operation } from '../model/plan.ts';
import { ruleKey } from '../model/rule-key.ts';
import type { FilledChain, RestoreTable } from '../model/rules-operations.ts';
import type { Chain, DesiredTable, ObservedTable, Rule, UnreadRule } from '../model/ruleset.ts';
import { type Displaced, misplacedHooks } from './hooks.ts';
import type { Part } from './part.ts';
import { ruleChanges } from './rule-changes.ts';

/** For each namespace and table, one transaction that makes our chains and hooks what they should be; none where they are. */
export function planRulesets(
  desired: Desired,
  observed: Observed,
  ownership: Ownership,
  earlier: readonly Operation[],
): Part {
  const operations: RestoreTable[] = [];
  for (const [id, state] of observed.namespaces) {
    const wanted = desired.namespaces.get(id)?.tables ?? [];
    for (const { family, table } of everyTable(wanted, state.tables)) {
      const same = (entry: DesiredTable | ObservedTable): boolean =>
        entry.family === family && entry.table === table;
      const operation = transaction(
        { family, table, ...emptyDesired, ...wanted.find(same) },
        state.tables.find(same),
        { id, state, observed, ownership, earlier },
      );
      if (operation !== undefined) operations.push(operation);
    }
  }
  return { operations, notices: [] };
}

const emptyDesired = { chains: [], hooks: [] } as const;

function everyTable(
  desired: readonly DesiredTable[],
  observed: readonly ObservedTable[],
): readonly Pick<DesiredTable, 'family' | 'table'>[] {
  const tables = new Map<string, Pick<DesiredTable, 'family' | 'table'>>();
  for (const { family, table } of [...desired, ...observed])
    tables.set(`${family} ${table}`, { family, table });
  return [...tables.values()];
}

function causeOf({ chains }: DesiredTable, present: number): string {
  if (chains.length === 0) return 'no longer in the file';
  return present === 0 ? 'no such rules yet' : 'the rules in the kernel differ';
}

interface Where {
  readonly id: NamespaceId;
  readonly state: NamespaceState;
  readonly observed: Observed;
  readonly ownership: Ownership;
  /** What becomes of networks, and of who is in them. */
  readonly earlier: readonly Operation[];
}

function transaction(
  desired: DesiredTable,
  observed: ObservedTable | undefined,
  where: Where,
): RestoreTable | undefined {
  const { id, state, ownership } = where;
  const { backend } = where.observed;
  const marker = ownership.chain('CREATED');
  const present = observed?.chains ?? new Map<string, never>();
  const { unhook, hook } = misplacedHooks(desired, observed, ownership, displacedBy(desired, where));
  const filled = desired.chains.filter((chain) => !sameChain(chain, present.get(chain.name)));
  const wanted = new Set(desired.chains.map(({ name }) => name));
  if (wanted.size > 0) wanted.add(marker);
  const removeChains = [...present.keys()].filter((name) => !wanted.has(name));
  if (filled.length + removeChains.length + unhook.length + hook.length === 0) return undefined;

  // A table that was not there before us is marked by an empty chain, so that `destroy` knows to take it away again: by each
  // instance that comes to it, since nobody knows which of them goes last.
  const isNew = observed === undefined || (present.size === 0 && [...observed.foreignChains].some(isMark));
  const made = isNew ? [{ name: marker, rules: [] }] : [];
  const changes = changesOf(desired, observed, { filled, removeChains, hook, place: state.name });
  return {
    kind: 'restore-table',
    because: causeOf(desired, present.size),
    changes,
    namespace: id,
    backend,
    family: desired.family,
    table: desired.table,
    chains: [...filled.map((chain) => goingOn(chain, present.get(chain.name))), ...made],
    unhook,
    hook,
    removeChains,
    removeTable: present.has(marker) && wanted.size === 0 && observed?.otherwiseEmpty === true,
    ...(mustBeFirstInside(desired, where) && { afterJoining: true }),
  };
}

/** Docker puts the jump to its resolver's rules first where a container joins the first network that somebody made. */
function mustBeFirstInside({ table, hooks }: DesiredTable, { id, observed, earlier }: Where): boolean {
  return (
    table === 'nat' &&
    hooks.some(({ from }) => from.includes('OUTPUT')) &&
    earlier.some(
      (operation) =>
        operation.kind === 'connect-endpoint' &&
        observed.inventory.containers.some(
          (container) => container.id === operation.containerId && container.namespace === id,
        ),
    )
  );
}

function isMark(chain: string): boolean {
  return chain.endsWith('-CREATED') && isChainOfAnyInstance(chain);
}

/** Docker masquerades what leaves a network that it makes by a rule it puts first (libnetwork, setupIPTables). */
function displacedBy({ family, table }: DesiredTable, { id, earlier }: Where): Displaced {
  const masquerades = earlier.some(
    (operation) =>
      operation.kind === 'create-network' &&
      operation.driver === 'bridge' &&
      !operation.internal &&
      operation.subnets.some(({ subnet }) => familyOf(subnet) === family),
  );
  return (base) => masquerades && id === hostNamespace && table === 'nat' && base === 'POSTROUTING';
}

/** Rules that are there to count alone are changed one by one. */
function goingOn(chain: Chain, observed: readonly (Rule | UnreadRule)[] = []): FilledChain {
  const over = observed.flatMap((rule) => ('unread' in rule || rule.target.kind !== 'count' ? [] : [rule]));
  const isCounting = over.length > 0 && over.length === observed.length;
  const stays = (rules: readonly Rule[], others: readonly Rule[]): string => {
    const keys = new Set(others.map(ruleKey));
    return JSON.stringify(rules.map(ruleKey).filter((key) => keys.has(key)));
  };
  const isInOrder = isCounting && stays(over, chain.rules) === stays(chain.rules, over);
  return isInOrder ? { ...chain, over } : chain;
}

function sameChain(chain: Chain, observed: readonly (Rule | UnreadRule)[] | undefined): boolean {
  return (
    observed !== undefined &&
    observed.length === chain.rules.length &&
    chain.rules.every((rule, index) => {
      const other = observed[index];
      return other !== undefined && ruleKey(rule) === ruleKey(other);
    })
  );
}

interface Differences {
  readonly filled: readonly Chain[];
  readonly removeChains: readonly string[];
  readonly hook: RestoreTable['hook'];
  readonly place: string;
}

function changesOf(
  { family }: DesiredTable,
  observed: ObservedTable | undefined,
  { filled, removeChains, hook, place }: Differences,
): readonly Change[] {
  const names = [...filled.map(({ name }) => name), ...removeChains];
  const before = names.flatMap((name) => observed?.chains.get(name) ?? []);
  const after = filled.flatMap(({ rules }) => rules);
  const changes = ruleChanges(before, after, place);
  const moved = hook
    .filter(({ to }) => observed?.chains.has(to) === true)
    .map(({ chain, to }): Change => {
      const text = `first in ${chain}: ${to} (IPv${family})`;
      return { sign: '~', area: 'namespace', place, text };
    });
  if (changes.length + moved.length > 0) return [...changes, ...moved];
  const [sign, text] =
    filled.length > 0
      ? (['~', `order of the rules in ${filled.map(({ name }) => name).join(', ')}`] as const)
      : (['-', `empty chain ${removeChains.join(', ')}`] as const);
  return [{ sign, area: 'namespace', place, text }];
}
