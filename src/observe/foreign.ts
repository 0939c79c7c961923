import type { Inventory } from '../model/inventory.ts';

/** The inventory as if all of it were made by others. */
export function asForeign({ networks, containers }: Inventory): Inventory {
  return {
    networks: networks.map((network) => ({ ...network, owned: false })),
    containers: containers.map(({ endpoints, ...container }) => ({
      ...container,
      endpoints: endpoints.map((endpoint) => ({ ...endpoint, owned: false })),
    })),
    keptMembers: [],
  };
}
