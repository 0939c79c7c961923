import type { Host } from '../host/host.ts';
import type { Inventory } from '../model/inventory.ts';
import { hostNamespace, type NamespaceId } from '../model/namespace.ts';
import { askAll, type Told } from './ask-all.ts';
import { beginHostReading, type HostReading } from './host-reading.ts';
import { observeInventory } from './inventory.ts';

/** A look at the host under way: all that is asked whatever the file says. */
export interface Begun {
  readonly host: HostReading;
  readonly inventory: Promise<Inventory>;
  /** What programs tell in containers' namespaces where something of ours may be. */
  readonly inside: Promise<Told>;
  /** Fulfilled as soon as nothing but programs is waited for. */
  readonly asked: Promise<void>;
}

/** Begins to look; who fails is told to whoever waits for what it was to tell. `asking` ends what the engine is asked. */
export function beginLook(host: Host, signal: AbortSignal, asking = signal): Begun {
  const reading = beginHostReading(host, signal);
  const inventory = observeInventory(host, asking);
  const going = Promise.all([inventory, reading.tables, host.formerSysctls.read()]).then(
    ([seen, { facts }, former]) => {
      const ids = [...containerNamespaces(seen).keys()].filter((id) => !host.knownClean.has(id));
      return { inside: askAll(host, ids, { former, backend: facts.backend }, signal) };
    },
  );
  const inside = going.then((begun) => begun.inside);
  for (const each of [inventory, inside]) each.catch(() => undefined);
  const asked = going.then(
    () => undefined,
    () => undefined,
  );
  return { host: reading, inventory, inside, asked };
}

/** The namespaces of running containers besides the host's, with the name of a container in each. */
export function containerNamespaces(inventory: Inventory): ReadonlyMap<NamespaceId, string> {
  const names = new Map<NamespaceId, string>();
  for (const { namespace, name } of inventory.containers) {
    if (namespace === undefined || namespace === hostNamespace || names.has(namespace)) continue;
    names.set(namespace, name);
  }
  return names;
}
