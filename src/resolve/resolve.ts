import type { Config } from '../model/config.ts';
import type { Ownership } from '../model/ownership.ts';
import type { Desired, Inventory } from '../model/state.ts';
import { resolveEndpoints } from './endpoints.ts';
import { forwardForNetworks } from './forwarding.ts';
import { nameResolver } from './names.ts';
import { namespaceCollector } from './namespaces.ts';
import { resolveNetworks } from './networks.ts';
import { resolvePolicies } from './policies.ts';
import { resolveRouting } from './routing.ts';

/** What the host should be, given the file and the containers and networks there are; the same input gives the same answer. */
export function resolve(config: Config, inventory: Inventory, ownership: Ownership): Desired {
  const networks = resolveNetworks(config, inventory);
  const { endpoints, notices: endpointNotices } = resolveEndpoints(config, inventory);
  const names = nameResolver(config, inventory, { networks, endpoints });
  const namespaces = namespaceCollector(ownership);
  const notices = [
    ...resolvePolicies(config, names, namespaces),
    ...resolveRouting(config, names, namespaces),
  ];
  forwardForNetworks(networks, inventory, namespaces);
  return {
    networks,
    endpoints,
    namespaces: namespaces.finish(),
    notices: [...endpointNotices, ...notices],
  };
}
