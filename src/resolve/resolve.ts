import { familyOf } from '../model/address.ts';
import type { Config } from '../model/config.ts';
import type { Ownership } from '../model/ownership.ts';
import type { Desired, DesiredNetwork, Inventory } from '../model/state.ts';
import { resolveEndpoints } from './endpoints.ts';
import { nameResolver } from './names.ts';
import { host, type NamespaceCollector, namespaceCollector } from './namespaces.ts';
import { resolveNetworks } from './networks.ts';
import { resolvePolicies } from './policies.ts';
import { resolveRouting } from './routing.ts';

/** What the host should be, given the file and the containers and networks there are; the same input gives the same answer. */
export function resolve(config: Config, inventory: Inventory, ownership: Ownership): Desired {
  const networks = resolveNetworks(config);
  const { endpoints, notices: endpointNotices } = resolveEndpoints(config, inventory);
  const names = nameResolver(config, inventory, { networks, endpoints });
  const namespaces = namespaceCollector(ownership);
  const notices = [
    ...resolvePolicies(config, names, namespaces),
    ...resolveRouting(config, names, namespaces),
  ];
  bringForwarding(networks, inventory, namespaces);
  return {
    networks,
    endpoints,
    namespaces: namespaces.finish(),
    notices: [...endpointNotices, ...notices],
  };
}

/** An engine that makes an IPv6 network turns forwarding on for good (moby, setupIPv6Forwarding): asked for by us, it can be put back. */
function bringForwarding(
  networks: readonly DesiredNetwork[],
  inventory: Inventory,
  namespaces: NamespaceCollector,
): void {
  const foreign = new Set(inventory.networks.filter(({ owned }) => !owned).map(({ name }) => name));
  for (const { name, driver = 'bridge', subnets, origin } of networks) {
    const isOurs = driver === 'bridge' && !foreign.has(name);
    if (isOurs && subnets.some(({ subnet }) => familyOf(subnet) === 6))
      namespaces.forwarding(host, 6, origin);
  }
}
