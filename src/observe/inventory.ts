import type { Host } from '../host/host.ts';
import type { Inventory } from '../model/inventory.ts';
import { inspectContainers, locateContainers, readContainer } from './containers.ts';
import { observeLinkAddresses } from './link-addresses.ts';
import { readKeptMembers } from './members.ts';
import { readNetworks } from './networks.ts';
import { readPodmanNetworks } from './podman-networks.ts';

/** What the engine has, and where its containers are; what the engine no longer knows is forgotten about the host's namespaces. */
export async function observeInventory(host: Host, signal: AbortSignal): Promise<Inventory> {
  const { engine, ownership } = host;
  const [listed, inspected, volumes] = await Promise.all([
    engine.listNetworks(signal),
    inspectContainers(host, signal),
    engine.listVolumes(ownership.label, ownership.instance, signal),
  ]);
  const read = engine.kind === 'podman' ? readPodmanNetworks : readNetworks;
  // Docker tells of them in another order each time.
  const networks = read(listed, ownership).toSorted((one, other) => one.name.localeCompare(other.name, 'en'));
  const context = { kind: engine.kind, networks, ownership };
  const containers = inspected.flatMap((answer) => readContainer(answer, context) ?? []);
  const located = locateContainers(host, containers);
  return {
    networks,
    containers: await observeLinkAddresses(host, located, signal),
    keptMembers: readKeptMembers(volumes),
  };
}
