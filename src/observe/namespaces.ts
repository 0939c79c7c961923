import { mapBounded } from '../host/bounded.ts';
import type { Host } from '../host/host.ts';
import type { Desired } from '../model/desired.ts';
import type { Inventory } from '../model/inventory.ts';
import { hostNamespace, type NamespaceId, type NamespaceState } from '../model/namespace.ts';
import type { Observed, Unreadable } from '../model/observed.ts';
import type { Backend } from '../model/ruleset.ts';
import { askAll, type Told } from './ask-all.ts';
import { type Begun, containerNamespaces } from './begun.ts';
import { observeFrames, observePorts } from './frames.ts';
import { beginHostReading, type HostReading } from './host-reading.ts';
import { type LookContext, observeContainer, observeNamespace } from './namespace.ts';

const namespacesAtOnce = 4;

/**
 * The host's namespace, those of running containers that are desired, and any other of theirs that holds something of ours.
 * One that goes while it is looked at is left out.
 */
export async function observeNamespaces(
  host: Host,
  inventory: Inventory,
  desired: Desired,
  { host: reading, inside }: Pick<Begun, 'host' | 'inside'>,
  signal: AbortSignal,
): Promise<Omit<Observed, 'inventory'>> {
  const former = await host.formerSysctls.read();
  const names = containerNamespaces(inventory);
  for (const id of host.knownClean)
    if (!names.has(id) || desired.namespaces.has(id)) host.knownClean.delete(id);

  const unreadable = new Map<NamespaceId, Unreadable>();
  const look = { host, desired, former, unreadable, signal };
  const backend = reading.tables.then(({ facts }) => facts.backend);
  const toLook = [...names].filter(([id]) => !host.knownClean.has(id));
  const [ownState, others, chosen] = await Promise.all([
    observeOwn(look, reading),
    observeContainers(look, toLook, backend, inside),
    backend,
  ]);
  const states = [ownState, ...others.filter((state) => state !== undefined)];
  return { backend: chosen, namespaces: byId(states), unreadable };
}

interface Again {
  /** As in `observeSets`. */
  readonly onAsked?: (() => void) | undefined;
  /** Of these nothing but the rules is read. */
  readonly rulesOnly?: ReadonlySet<NamespaceId>;
}

/**
 * What a look saw, with these namespaces read again, and without those that no container is in any more; undefined where one of them
 * cannot be read, or the host's rules are in another store by now.
 */
export async function observeAgain(
  host: Host,
  seen: Observed,
  desired: Desired,
  ids: ReadonlySet<NamespaceId>,
  signal: AbortSignal,
  { onAsked, rulesOnly = new Set() }: Again = {},
): Promise<Observed | undefined> {
  const unreadable = new Map<NamespaceId, Unreadable>();
  const needed = [...ids].some((id) => !rulesOnly.has(id));
  const former = needed ? await host.formerSysctls.read() : new Map<NamespaceId, never>();
  const look = { host, desired, former, rulesOnly, unreadable, signal };
  const names = containerNamespaces(seen.inventory);
  const inside = [...names].filter(([id]) => ids.has(id));
  const reading = ids.has(hostNamespace) ? beginHostReading(host, signal, onAsked) : undefined;
  const [ownState, others, facts] = await Promise.all([
    reading && observeOwn(look, reading),
    observeContainers(look, inside, Promise.resolve(seen.backend)),
    reading?.tables.then((tables) => tables.facts),
  ]);
  if (unreadable.size > 0 || (facts !== undefined && facts.backend !== seen.backend)) return undefined;
  const kept = [...seen.namespaces.values()].filter(
    ({ id }) => !ids.has(id) && (id === hostNamespace || names.has(id)),
  );
  const stillUnreadable = [...(seen.unreadable ?? [])].filter(([id]) => names.has(id) && !ids.has(id));
  return {
    ...seen,
    unreadable: new Map(stillUnreadable),
    namespaces: byId([...kept, ownState, ...others].filter((state) => state !== undefined)),
  };
}

function byId(states: readonly NamespaceState[]): ReadonlyMap<NamespaceId, NamespaceState> {
  return new Map(states.map((state) => [state.id, state]));
}

function observeOwn(look: LookContext, reading: HostReading): Promise<NamespaceState> {
  return observeNamespace(look, { id: hostNamespace, name: hostNamespace }, async (place) => {
    const { frames: wanted } = look.desired;
    const isAsked = wanted !== undefined || reading.frames !== undefined;
    const [{ rules }, routing, sets, frames] = await Promise.all([
      reading.tables,
      reading.routing,
      reading.sets,
      reading.frames ?? (isAsked ? observeFrames(look.host, place, look.signal) : undefined),
    ]);
    const state = { ...rules, sets, ...routing, ...(isAsked && { frames }) };
    if (wanted === undefined) return state;
    return { ...state, ports: await observePorts(look.host, wanted, routing.interfaces, look.signal) };
  });
}

async function observeContainers(
  look: LookContext,
  containers: readonly (readonly [NamespaceId, string])[],
  backend: Promise<Backend>,
  inside?: Promise<Told>,
): Promise<readonly (NamespaceState | undefined)[]> {
  const { host, desired, former, rulesOnly, signal } = look;
  const before = await inside;
  // Where the file asks for nothing, all has been asked that there is to know.
  const open = containers.flatMap(([id]) => (before === undefined || desired.namespaces.has(id) ? [id] : []));
  const wanted = { desired, former, backend: await backend, ...(rulesOnly !== undefined && { rulesOnly }) };
  const told = await askAll(host, open, wanted, signal, before);
  return await mapBounded(containers, namespacesAtOnce, ([id, name]) =>
    observeContainer(look, { id, name }, backend, told.get(id)),
  );
}
