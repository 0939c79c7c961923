import { familyOf } from '../model/block.ts';
import type { Desired } from '../model/desired.ts';
import { hostNamespace } from '../model/namespace.ts';
import type { Observed } from '../model/observed.ts';
import type { Ownership } from '../model/ownership.ts';
import type { Operation } from '../model/plan.ts';
import type { RestoreTable } from '../model/rules-operations.ts';
import type { DesiredTable, Family, ObservedJump } from '../model/ruleset.ts';
import { misplacedHooks } from './hooks.ts';
import type { Part } from './part.ts';

/**
 * Puts our hooks first once more where the engine puts a jump of its own before them while this plan connects containers: Podman
 * makes its rules not with a network, but when the first container joins one.
 */
export function planLateHooks(
  desired: Desired,
  observed: Observed,
  ownership: Ownership,
  earlier: readonly Operation[],
): Part {
  const joined = familiesJoined(observed, earlier);
  const { engineJumps } = observed;
  const host = observed.namespaces.get(hostNamespace);
  const tables = (desired.namespaces.get(hostNamespace)?.tables ?? []).filter(isEngines);
  if (host === undefined || engineJumps === undefined) return { operations: [], notices: [] };
  const operations = tables.flatMap((table): readonly RestoreTable[] => {
    const same = (other: Pick<DesiredTable, 'family' | 'table'>): boolean =>
      other.family === table.family && other.table === table.table;
    if (!joined.has(table.family) || table.hooks.length === 0) return [];
    const before = earlier.find(
      (operation): operation is RestoreTable =>
        operation.kind === 'restore-table' && operation.namespace === hostNamespace && same(operation),
    );
    const jumps = withEngineJumps(after(host.tables.find(same)?.jumps ?? [], before), engineJumps);
    const { unhook, hook } = misplacedHooks(table, { jumps }, ownership);
    return hook.length === 0 ? [] : [rehook(table, { unhook, hook }, observed, host.name)];
  });
  return { operations, notices: [] };
}

/** Where an engine has jumps of its own. */
function isEngines({ table }: DesiredTable): boolean {
  return table === 'filter' || table === 'nat';
}

function rehook(
  { family, table }: DesiredTable,
  hooks: Pick<RestoreTable, 'unhook' | 'hook'>,
  { backend }: Observed,
  place: string,
): RestoreTable {
  return {
    kind: 'restore-table',
    because: 'the engine puts its own rules first when a container joins',
    changes: hooks.hook.map(({ chain, to }) => ({
      sign: '~',
      area: 'namespace',
      place,
      text: `first in ${chain}: ${to} (IPv${family})`,
    })),
    namespace: hostNamespace,
    backend,
    family,
    table,
    chains: [],
    ...hooks,
    removeChains: [],
    removeTable: false,
    afterJoining: true,
  };
}

/** The families of the bridge networks that running containers join; an internal network has no rules of the engine's. */
function familiesJoined({ inventory }: Observed, operations: readonly Operation[]): ReadonlySet<Family> {
  const running = new Set(inventory.containers.filter((each) => each.running).map(({ id }) => id));
  const subnets = operations.flatMap((operation) => {
    if (operation.kind !== 'connect-endpoint' || !running.has(operation.containerId)) return [];
    const network =
      operations.find((each) => each.kind === 'create-network' && each.network === operation.network) ??
      inventory.networks.find(({ name }) => name === operation.network);
    const joinable = network !== undefined && 'subnets' in network && network.driver === 'bridge';
    return joinable && !network.internal ? network.subnets : [];
  });
  return new Set(subnets.map(({ subnet }) => familyOf(subnet)));
}

/** The jumps as the earlier operation leaves them. */
function after(jumps: readonly ObservedJump[], operation: RestoreTable | undefined): readonly ObservedJump[] {
  return (operation?.hook ?? []).reduce(first, (operation?.unhook ?? []).reduce(without, jumps));
}

function withEngineJumps(
  jumps: readonly ObservedJump[],
  engineJumps: Readonly<Record<string, string>>,
): readonly ObservedJump[] {
  return Object.entries(engineJumps)
    .map(([chain, to]) => ({ chain, to }))
    .filter(({ chain, to }) => !jumps.some((jump) => jump.chain === chain && jump.to === to))
    .reduce(first, jumps);
}

type Jump = Pick<ObservedJump, 'chain' | 'to'>;

function without(jumps: readonly ObservedJump[], { chain, to }: Jump): readonly ObservedJump[] {
  const gone = jumps.find((jump) => jump.chain === chain && jump.to === to);
  if (gone === undefined) return jumps;
  return jumps
    .filter((jump) => jump !== gone)
    .map((jump) =>
      jump.chain === chain && jump.position > gone.position ? { ...jump, position: jump.position - 1 } : jump,
    );
}

function first(jumps: readonly ObservedJump[], { chain, to }: Jump): readonly ObservedJump[] {
  const moved = jumps.map((jump) => (jump.chain === chain ? { ...jump, position: jump.position + 1 } : jump));
  return [{ chain, to, position: 1 }, ...moved];
}
