import { isNetwrightError } from '../errors.ts';
import { mapBounded } from '../host/bounded.ts';
import type { Host } from '../host/host.ts';
import { usesIpv6 } from '../host/ipv6.ts';
import { enter, type Place } from '../host/place.ts';
import type { Backend, Family, ObservedTable } from '../model/ruleset.ts';
import {
  type Desired,
  type DesiredNamespace,
  hostNamespace,
  type Inventory,
  type NamespaceId,
  type NamespaceState,
  type Observed,
} from '../model/state.ts';
import { observeRouting } from './routing.ts';
import { observeHostTables, observeTables } from './rulesets.ts';
import { observeSysctls } from './sysctls.ts';

const namespacesAtOnce = 4;

/**
 * The host's namespace, those of running containers that are desired, and any other of theirs that holds something of ours.
 * One that goes while it is looked at is left out.
 */
export async function observeNamespaces(
  host: Host,
  inventory: Inventory,
  desired: Desired,
  signal: AbortSignal,
): Promise<Pick<Observed, 'backend' | 'namespaces'>> {
  const former = await host.formerSysctls.read();
  const names = containerNamespaces(inventory);
  for (const id of host.knownClean)
    if (!names.has(id) || desired.namespaces.has(id)) host.knownClean.delete(id);

  const look = { host, desired, former, signal };
  const hostTables = enter(host, hostNamespace, (place) => observeHostTables(host, place, signal));
  const backend = hostTables.then(({ facts }) => facts.backend);
  const toLook = [...names].filter(([id]) => !host.knownClean.has(id));
  const [ownState, others, chosen] = await Promise.all([
    observeNamespace(look, { id: hostNamespace, name: hostNamespace }, async () => (await hostTables).tables),
    mapBounded(toLook, namespacesAtOnce, ([id, name]) => observeContainer(look, { id, name }, backend)),
    backend,
  ]);
  const states = [ownState, ...others.filter((state) => state !== undefined)];
  return { backend: chosen, namespaces: new Map(states.map((state) => [state.id, state])) };
}

interface LookContext {
  readonly host: Host;
  readonly desired: Desired;
  readonly former: ReadonlyMap<NamespaceId, ReadonlyMap<string, string>>;
  readonly signal: AbortSignal;
}

/** The namespaces of running containers besides the host's, with the name of a container in each. */
function containerNamespaces(inventory: Inventory): ReadonlyMap<NamespaceId, string> {
  const names = new Map<NamespaceId, string>();
  for (const { namespace, name } of inventory.containers) {
    if (namespace === undefined || namespace === hostNamespace || names.has(namespace)) continue;
    names.set(namespace, name);
  }
  return names;
}

async function observeContainer(
  look: LookContext,
  named: Pick<NamespaceState, 'id' | 'name'>,
  backend: Promise<Backend>,
): Promise<NamespaceState | undefined> {
  const { host, desired, signal } = look;
  const desiredHere = desired.namespaces.get(named.id);
  try {
    const state = await observeNamespace(
      look,
      { ...named, name: desiredHere?.name ?? named.name },
      async (place, families) => observeTables(host, place, await backend, families, signal),
    );
    if (desiredHere !== undefined || hasOurs(state)) return state;
    host.knownClean.add(named.id);
    return undefined;
  } catch (error) {
    if (isNetwrightError(error, 'NAMESPACE_GONE')) return undefined;
    throw error;
  }
}

function observeNamespace(
  { host, desired, former, signal }: LookContext,
  named: Pick<NamespaceState, 'id' | 'name'>,
  observeItsTables: (place: Place, families: readonly Family[]) => Promise<readonly ObservedTable[]>,
): Promise<NamespaceState> {
  return enter(host, named.id, async (place) => {
    const desiredHere = desired.namespaces.get(named.id);
    const families = await familiesOf(place, desiredHere);
    const [tables, routing, sysctls] = await Promise.all([
      observeItsTables(place, families),
      observeRouting(host, place, families, signal),
      observeSysctls(place, desiredHere, former.get(named.id) ?? new Map(), signal),
    ]);
    await place.confirm();
    return { ...named, tables, ...routing, ...sysctls };
  });
}

/** IPv6 only where it matters: without it a container's namespace is read by half as many processes. */
async function familiesOf(place: Place, desired: DesiredNamespace | undefined): Promise<readonly Family[]> {
  const named: readonly { readonly family: Family }[] = [
    ...(desired?.tables ?? []),
    ...(desired?.routes ?? []),
    ...(desired?.rules ?? []),
  ];
  return named.some(({ family }) => family === 6) || (await usesIpv6(place)) ? [4, 6] : [4];
}

function hasOurs(state: NamespaceState): boolean {
  return (
    state.tables.some(({ chains }) => chains.size > 0) ||
    state.routes.some(({ owned }) => owned) ||
    state.rules.some(({ owned }) => owned) ||
    state.formerSysctls.size > 0
  );
}
