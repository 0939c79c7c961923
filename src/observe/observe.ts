import type { Host } from '../host/host.ts';
import type { Desired, Inventory, Observed } from '../model/state.ts';
import { inspectContainers, locateContainers, readContainer } from './containers.ts';
import { beginHostReading, type HostReading } from './host-reading.ts';
import { observeLinkAddresses } from './link-addresses.ts';
import { readKeptMembers } from './members.ts';
import { observeNamespaces } from './namespaces.ts';
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
  const networks = (engine.kind === 'podman' ? readPodmanNetworks : readNetworks)(listed, ownership);
  const context = { kind: engine.kind, networks, ownership };
  const containers = inspected.flatMap((answer) => readContainer(answer, context) ?? []);
  const located = locateContainers(host, containers);
  return {
    networks,
    containers: await observeLinkAddresses(host, located, signal),
    keptMembers: readKeptMembers(volumes),
  };
}

/** The kernel's state on the host, in the namespaces the file speaks of, and where something of ours was left behind. */
export async function observeHost(
  host: Host,
  inventory: Inventory,
  desired: Desired,
  signal: AbortSignal,
  reading: HostReading = beginHostReading(host, signal),
): Promise<Observed> {
  const { engine, engineRules } = host.facts;
  return {
    inventory,
    ...(await observeNamespaces(host, inventory, desired, reading, signal)),
    ...(engine === 'podman' && engineRules === 'iptables' && { engineJumps: netavarkJumps }),
  };
}

/** As netavark has them that comes with Podman 4 (measured on 4.3). */
const netavarkJumps: Readonly<Record<string, string>> = {
  FORWARD: 'NETAVARK_FORWARD',
  POSTROUTING: 'NETAVARK-HOSTPORT-MASQ',
};
