import { containsAddress } from '../model/address.ts';
import type { Desired } from '../model/desired.ts';
import type { Inventory, Subnet } from '../model/inventory.ts';
import { hostNamespace } from '../model/namespace.ts';
import type { Notice } from '../model/notice.ts';
import type { Observed } from '../model/observed.ts';
import type { Operation } from '../model/plan.ts';
import type { Part } from './part.ts';

interface AbsentBridge {
  readonly network: string;
  readonly bridge: string;
  readonly subnets: readonly Subnet[];
  /** A running container joins in this plan, and brings it. */
  readonly comes: boolean;
}

/** The bridges that go in this plan: with a network that is removed, or with the last container that runs in it, if only for a while. */
export function goingBridges({ inventory }: Observed, operations: readonly Operation[]): ReadonlySet<string> {
  const removed = new Set<string>();
  const left = new Set<string>();
  for (const operation of operations) {
    if (operation.kind === 'remove-network') removed.add(operation.networkId);
    if (operation.kind === 'disconnect-endpoint') left.add(`${operation.networkId} ${operation.containerId}`);
  }
  const kept = new Set(
    inventory.containers.flatMap(({ id, running, endpoints }) =>
      endpoints.flatMap(({ networkId }) => (running && !left.has(`${networkId} ${id}`) ? [networkId] : [])),
    ),
  );
  const isLeft = (id: string) => !kept.has(id) && [...left].some((place) => place.startsWith(`${id} `));
  return new Set(
    inventory.networks.flatMap(({ id, bridge }) =>
      bridge !== undefined && (removed.has(id) || isLeft(id)) ? [bridge] : [],
    ),
  );
}

/** The bridges that are not there: Podman makes one when the first container joins, and takes it away with the last. */
export function absentBridges(
  { networks }: Desired,
  { inventory, namespaces }: Observed,
  operations: readonly Operation[],
  going: ReadonlySet<string>,
): readonly AbsentBridge[] {
  const present = new Set(
    namespaces.get(hostNamespace)?.interfaces.flatMap(({ name }) => (going.has(name) ? [] : [name])),
  );
  const joined = joinedNetworks(inventory, operations);
  return [...networks, ...inventory.networks].flatMap(({ name, bridge, subnets }) =>
    bridge === undefined || present.has(bridge)
      ? []
      : [{ network: name, bridge, subnets, comes: joined.has(name) }],
  );
}

/** The networks that a running container joins. */
export function joinedNetworks(
  { containers }: Inventory,
  operations: readonly Operation[],
): ReadonlySet<string> {
  const running = new Set(containers.filter((each) => each.running).map(({ id }) => id));
  return new Set(
    operations.flatMap((operation) =>
      operation.kind === 'connect-endpoint' && running.has(operation.containerId) ? [operation.network] : [],
    ),
  );
}

/** By whatever interface: in a container's namespace, where netwright may run, it is no bridge. */
function isReached(address: string, { namespaces }: Observed, going: ReadonlySet<string>): boolean {
  const routes = namespaces.get(hostNamespace)?.routes ?? [];
  return routes.some(
    ({ to, via, dev }) =>
      dev !== undefined &&
      !going.has(dev) &&
      via === undefined &&
      to !== 'default' &&
      containsAddress(to, address),
  );
}

/** The routing with what leads through a bridge that is not there: after the containers that bring it, or not yet. */
export function throughBridges(
  routing: Part,
  desired: Desired,
  observed: Observed,
  earlier: readonly Operation[],
): Part {
  const going = goingBridges(observed, earlier);
  const absent = absentBridges(desired, observed, earlier, going);
  const notices: Notice[] = [];
  const operations = routing.operations.flatMap((operation): readonly Operation[] => {
    if (operation.kind !== 'add-route' || operation.namespace !== hostNamespace) return [operation];
    const { via } = operation.route;
    const bridge =
      via === undefined
        ? undefined
        : absent.find(({ subnets }) => subnets.some(({ subnet }) => containsAddress(subnet, via)));
    if (bridge === undefined || via === undefined || isReached(via, observed, going)) return [operation];
    if (bridge.comes) return [{ ...operation, afterJoining: true }];
    for (const { text, origin } of operation.changes)
      notices.push({
        kind: 'waiting',
        subject: `${text} in ${hostNamespace}`,
        message: `no container is in ${bridge.network} yet, and so there is no ${bridge.bridge}`,
        ...(origin !== undefined && { origin }),
      });
    return [];
  });
  return { operations, notices: [...routing.notices, ...notices] };
}
