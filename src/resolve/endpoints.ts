import type { Config, IpEntry } from '../model/config.ts';
import type { DesiredEndpoint } from '../model/desired.ts';
import { groupBy } from '../model/group-by.ts';
import type { ContainerState, Inventory } from '../model/inventory.ts';
import type { Notice } from '../model/notice.ts';

/** The declared addresses of the containers there are; a container that is not there yet is waited for. */
export function resolveEndpoints(
  config: Config,
  inventory: Inventory,
): { readonly endpoints: readonly DesiredEndpoint[]; readonly notices: readonly Notice[] } {
  const containers = new Map(inventory.containers.map((container) => [container.name, container]));
  const endpoints: DesiredEndpoint[] = [];
  const notices: Notice[] = [];
  for (const [containerName, entries] of groupBy(config.ips, (entry) => entry.containerName)) {
    const [first] = entries;
    if (containerName === undefined || first === undefined) continue;
    const container = containers.get(containerName);
    const obstacle = container === undefined ? 'no such container yet' : sharedNetwork(container);
    if (container === undefined || obstacle !== undefined) {
      notices.push({
        kind: container === undefined ? 'waiting' : 'refused',
        subject: containerName,
        message: obstacle ?? '',
        origin: first.origin,
      });
      continue;
    }
    for (const [network, members] of groupBy(entries, (entry) => entry.network)) {
      if (network !== undefined) endpoints.push(endpointOf(container, network, members));
    }
  }
  return { endpoints, notices };
}

function endpointOf(
  container: ContainerState,
  network: string,
  entries: readonly IpEntry[],
): DesiredEndpoint {
  const byFamily = entries.toSorted((one, other) => one.family - other.family);
  const addresses = byFamily.filter(({ asGateway }) => asGateway !== true).map(({ ip }) => ip);
  const gateways = byFamily.filter(({ asGateway }) => asGateway === true).map(({ ip }) => ip);
  const macAddress = entries.find((entry) => entry.macAddress !== undefined)?.macAddress;
  const [first] = entries;
  return {
    origin: first?.origin ?? { file: '', pointer: '' },
    containerId: container.id,
    containerName: container.name,
    network,
    addresses,
    aliases: [...new Set(entries.flatMap((entry) => entry.aliases))],
    ...(macAddress !== undefined && { macAddress }),
    // An engine keeps the gateway's address from containers, or leads one that has it to itself: it has another one there, and this besides.
    ...(gateways.length > 0 && { gateways }),
  };
}

/** Engines connect no network to a container that has not its own namespace; undefined where it has. */
function sharedNetwork({ networkMode }: ContainerState): string | undefined {
  if (networkMode === 'host') return "it uses the host's network and can have no address of its own";
  if (networkMode === 'none') return 'it was created without networking (network mode none)';
  if (networkMode.startsWith('container:'))
    return "it shares another container's network; give that one the address";
  return undefined;
}
