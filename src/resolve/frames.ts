import type { DesiredEndpoint } from '../model/desired.ts';
import type { DesiredFrames, FramePlace } from '../model/frames.ts';
import type { ContainerState, EndpointState, Inventory } from '../model/inventory.ts';
import type { GuardedNetwork } from './gateway-guard.ts';
import { isGatewayed } from './gateways.ts';
import { nameableBridge } from './networks.ts';
import type { Resolving } from './resolved-policy.ts';

/** Who is behind which port where a container is the gateway; undefined where none is. */
export function resolveFrames(
  inventory: Inventory,
  endpoints: readonly DesiredEndpoint[],
  { boundary }: Resolving,
): DesiredFrames | undefined {
  const guarded = boundary.networks.filter(isGatewayed);
  const [first] = guarded;
  if (first === undefined) return undefined;
  return {
    origin: first.gatewayContainer.origin,
    networks: guarded.map(({ name }) => name),
    places: guarded
      .flatMap((network) => [...placesIn(network, inventory, endpoints), ...beyond(network, inventory)])
      .toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1)),
    gateways: guarded
      .filter((network) => !isComing(network, inventory))
      .flatMap(({ gatewayContainer }) => gatewayContainer.addresses),
  };
}

const keyOf = ({ container, bridge }: FramePlace): string => `${container} ${bridge}`;

function placesIn(
  network: GuardedNetwork,
  { containers }: Inventory,
  desired: readonly DesiredEndpoint[],
): readonly FramePlace[] {
  const { containerName, addresses: held } = network.gatewayContainer;
  return containers.flatMap((container): readonly FramePlace[] => {
    const endpoint = container.endpoints.find(({ networkName }) => networkName === network.name);
    if (!container.running || endpoint === undefined || isLeaving(container, endpoint, desired)) return [];
    const isGateway = container.name === containerName;
    const macAddress = macOf(container, endpoint, desired);
    return [
      {
        ...at(container, network.bridge),
        ...(macAddress !== undefined && { macAddress }),
        addresses: [...new Set([...(isGateway ? held : []), ...endpoint.addresses])],
        role: isGateway ? 'gateway' : 'member',
      },
    ];
  });
}

/** Podman gives the name of a port that is free again to the next who comes, and that one would be taken for who has left. */
function isLeaving(
  { id }: ContainerState,
  { networkName, owned }: EndpointState,
  desired: readonly DesiredEndpoint[],
): boolean {
  return owned && !desired.some(({ containerId, network }) => containerId === id && network === networkName);
}

/** A gateway container that is yet to be connected speaks of its address before its port can be known. */
function isComing({ name, gatewayContainer }: GuardedNetwork, { containers }: Inventory): boolean {
  const container = containers.find((each) => each.name === gatewayContainer.containerName);
  return container?.running === true && !container.endpoints.some(({ networkName }) => networkName === name);
}

/** What the file or the engine says: whoever may change its own MAC is not believed. */
function macOf(
  { id }: ContainerState,
  { networkName, macAddress }: EndpointState,
  desired: readonly DesiredEndpoint[],
): string | undefined {
  const declared = desired.find(({ containerId, network }) => containerId === id && network === networkName);
  return declared?.macAddress ?? macAddress;
}

/** The other places of a gateway container that hides nobody. */
function beyond(
  { name, gatewayContainer }: GuardedNetwork,
  { containers, networks }: Inventory,
): readonly FramePlace[] {
  const container = containers.find((each) => each.name === gatewayContainer.containerName);
  if (gatewayContainer.masquerade || container?.running !== true) return [];
  return container.endpoints.flatMap(({ networkName }): readonly FramePlace[] => {
    const bridge = nameableBridge(networks.find((network) => network.name === networkName));
    if (networkName === name || bridge === undefined) return [];
    return [{ ...at(container, bridge), addresses: [], role: 'beyond' }];
  });
}

function at(
  { name, namespace }: ContainerState,
  bridge: string,
): Pick<FramePlace, 'container' | 'namespace' | 'bridge'> {
  return { container: name, ...(namespace !== undefined && { namespace }), bridge };
}
