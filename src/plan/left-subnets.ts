import { containsAddress } from '../model/address.ts';
import type { Inventory } from '../model/inventory.ts';
import { hostNamespace, type NamespaceId, type Route } from '../model/namespace.ts';
import type { Operation } from '../model/plan.ts';

/** By namespace, the subnets that these operations take away from it. */
export type LeftSubnets = ReadonlyMap<NamespaceId, readonly string[]>;

/** A container leaves a network's subnets where it is disconnected, the host where the network is removed. */
export function leftSubnets(operations: readonly Operation[], inventory: Inventory): LeftSubnets {
  const left = new Map<NamespaceId, readonly string[]>();
  for (const operation of operations) {
    const id = namespaceLosing(operation, inventory);
    if (id === undefined || !('networkId' in operation)) continue;
    const network = inventory.networks.find((one) => one.id === operation.networkId);
    const subnets = network?.subnets.map(({ subnet }) => subnet) ?? [];
    left.set(id, [...(left.get(id) ?? []), ...subnets]);
  }
  return left;
}

function namespaceLosing(operation: Operation, { containers }: Inventory): NamespaceId | undefined {
  if (operation.kind === 'remove-network') return hostNamespace;
  if (operation.kind !== 'disconnect-endpoint') return undefined;
  return containers.find(({ id }) => id === operation.containerId)?.namespace;
}

/** Whether the kernel takes the route away together with the interface through which its next hop is reached. */
export function isLost({ via }: Route, id: NamespaceId, left: LeftSubnets): boolean {
  return via !== undefined && (left.get(id) ?? []).some((subnet) => containsAddress(subnet, via));
}
