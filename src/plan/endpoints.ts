import { sameAddress } from '../model/address.ts';
import type { Change } from '../model/change.ts';
import type { Desired, DesiredEndpoint } from '../model/desired.ts';
import type { ContainerState, EndpointState, Inventory, Member } from '../model/inventory.ts';
import type { ConnectEndpoint, DisconnectEndpoint } from '../model/network-operations.ts';
import type { Notice } from '../model/notice.ts';
import type { Observed } from '../model/observed.ts';
import { describeEndpoint } from './describe.ts';
import { type Fates, networkNeed } from './fates.ts';
import { formerPlace } from './members.ts';
import type { Part } from './part.ts';
import { isUnsettled, waitsToSettle } from './unsettled.ts';

/** Containers to connect, to move to their declared address, and to disconnect where we connected them. */
export function planEndpoints(desired: Desired, observed: Observed, fates: Fates): Part {
  const connections: ConnectEndpoint[] = [];
  const notices: Notice[] = [];
  const disconnections = [...unnamed(desired, observed, fates)].filter(
    ({ containerId, containerName, network }) => {
      if (!isUnsettled(containerId, observed.inventory)) return true;
      notices.push(waitsToSettle(`${containerName} in ${network}`, [containerName]));
      return false;
    },
  );
  const containers = new Map(observed.inventory.containers.map((container) => [container.id, container]));
  let due = desired.endpoints.flatMap((endpoint): readonly Due[] => {
    const container = containers.get(endpoint.containerId);
    if (container === undefined) return [];
    const current = liveEndpoint(container, endpoint.network, observed, fates);
    return current !== undefined && sameEndpoint(endpoint, current) ? [] : [{ endpoint, container, current }];
  });
  // One that cannot move stays on the address that the next one may be waiting for: look again until nobody more is held up.
  for (let blocked = true; blocked; ) {
    const moving = due.filter(({ current }) => current !== undefined).map(({ endpoint }) => endpoint);
    const leaving = new Set([...disconnections, ...moving].map(placeKey));
    const free = due.filter(({ endpoint }) => {
      const obstacle = obstacleTo(endpoint, leaving, observed, fates);
      if (obstacle !== undefined) notices.push(obstacle);
      return obstacle === undefined;
    });
    blocked = free.length < due.length;
    due = free;
  }
  for (const { endpoint, container, current } of due) {
    const former = formerPlace(container, endpoint.network, observed.inventory);
    const { disconnect, connect } = connection(endpoint, current, former);
    if (disconnect !== undefined) disconnections.push(disconnect);
    connections.push(connect);
  }
  return { operations: [...disconnections, ...connections], notices };
}

/** A declared place that a container does not have yet. */
interface Due {
  readonly endpoint: DesiredEndpoint;
  readonly container: ContainerState;
  readonly current: EndpointState | undefined;
}

/**
 * The place a container has in a network that stays. One that is replaced is left first; and a stopped container's place in a network
 * that somebody removed is none, though another network has the name by now: the engine takes a new one for it (measured, Docker 20.10).
 */
function liveEndpoint(
  { endpoints }: ContainerState,
  network: string,
  { inventory }: Observed,
  fates: Fates,
): EndpointState | undefined {
  if (fates.get(network) === 'replaced') return undefined;
  return endpoints.find(
    ({ networkId, networkName }) => networkName === network && isLive(networkId, inventory),
  );
}

function isLive(networkId: string, { networks }: Inventory): boolean {
  return networks.some(({ id }) => id === networkId);
}

function placeKey({ containerId, network }: Pick<DesiredEndpoint, 'containerId' | 'network'>): string {
  return `${containerId} ${network}`;
}

/** Only what is declared counts; an address that was not asked for is not kept over a restart (H12), so it is not the same. */
function sameEndpoint(desired: DesiredEndpoint, current: EndpointState): boolean {
  const held = current.requested ?? current.addresses;
  return (
    desired.addresses.every((address) => held.some((other) => sameAddress(address, other))) &&
    desired.aliases.every((alias) => current.aliases.includes(alias)) &&
    (desired.macAddress === undefined ||
      desired.macAddress === current.macAddress ||
      current.macAddress === undefined)
  );
}

function* unnamed(
  { endpoints }: Desired,
  { inventory }: Observed,
  fates: Fates,
): Generator<DisconnectEndpoint> {
  const named = new Set(endpoints.map(placeKey));
  for (const { id, name, endpoints: places } of inventory.containers) {
    for (const { networkId, networkName, owned, addresses } of places) {
      if (!owned || fates.get(networkName) === 'replaced') continue;
      if (named.has(placeKey({ containerId: id, network: networkName }))) continue;
      const text = describeEndpoint({ containerName: name, network: networkName, addresses });
      yield {
        kind: 'disconnect-endpoint',
        because: 'no longer in the file',
        changes: [{ sign: '-', area: 'containers', text }],
        containerId: id,
        containerName: name,
        // A network that somebody removed is known by its name alone to the container that was in it.
        networkId: isLive(networkId, inventory) ? networkId : networkName,
        network: networkName,
      };
    }
  }
}

/** Why an endpoint cannot be connected now: no network to connect to, or its address is another's. */
function obstacleTo(
  endpoint: DesiredEndpoint,
  leaving: ReadonlySet<string>,
  { inventory }: Observed,
  fates: Fates,
): Notice | undefined {
  const { network, origin } = endpoint;
  const addresses = [...endpoint.addresses, ...(endpoint.gateways ?? [])];
  const subject = describeEndpoint(endpoint);
  const fate = fates.get(network);
  const live = inventory.networks.some(({ name }) => name === network);
  if (fate === 'unavailable' || (fate === undefined && !live)) {
    return { kind: 'waiting', subject, message: `there is no network ${network} to connect to`, origin };
  }
  if (isUnsettled(endpoint.containerId, inventory)) {
    return waitsToSettle(subject, [endpoint.containerName], origin);
  }
  if (fate === 'created' || fate === 'replaced') return undefined;
  for (const { id, name, running, endpoints } of inventory.containers) {
    if (!running || id === endpoint.containerId || leaving.has(placeKey({ containerId: id, network })))
      continue;
    const held = endpoints.find(({ networkName }) => networkName === network)?.addresses ?? [];
    const taken = addresses.find((address) => held.some((other) => sameAddress(address, other)));
    if (taken === undefined) continue;
    return {
      kind: 'refused',
      subject,
      message: `${taken} is held by the container ${name}`,
      hint: `disconnect ${name} from ${network}, or declare an address for it`,
      origin,
    };
  }
  return undefined;
}

function connection(
  endpoint: DesiredEndpoint,
  current: EndpointState | undefined,
  former: Member | undefined,
): { readonly disconnect?: DisconnectEndpoint; readonly connect: ConnectEndpoint } {
  const { containerId, containerName, network, addresses, aliases, macAddress, origin } = endpoint;
  const had = current?.addresses.join(' ');
  // Its own way out is another network.
  const gatewayPriority = former?.gatewayPriority ?? (endpoint.gateways === undefined ? undefined : -1);
  const sameAddresses =
    current !== undefined && addresses.every((address) => current.addresses.includes(address));
  const why =
    current === undefined ? 'not connected' : sameAddresses ? 'differs in what it keeps' : `has ${had ?? ''}`;
  const change: Change = {
    sign: current === undefined ? '+' : '~',
    area: 'containers',
    text: describeEndpoint(endpoint),
    ...(current !== undefined && { detail: why }),
    origin,
  };
  const shared = { because: why, changes: [change], containerId, containerName, network };
  return {
    ...(current !== undefined && {
      disconnect: { kind: 'disconnect-endpoint', ...shared, networkId: current.networkId },
    }),
    connect: {
      kind: 'connect-endpoint',
      ...shared,
      needs: [networkNeed(network)],
      addresses,
      aliases: [...new Set([...(former?.aliases ?? []), ...aliases])],
      ...(macAddress !== undefined && { macAddress }),
      driverOptions: former?.driverOptions ?? {},
      ...(gatewayPriority !== undefined && { gatewayPriority }),
      // Whoever put it into the network, netwright or somebody else, goes on owning that place.
      owned: former?.owned ?? true,
    },
  };
}
