import { fieldsOf, textOf } from '../host/answer.ts';
import type { Host } from '../host/host.ts';
import { ownMacAddress, setMacAddress } from '../host/link-address.ts';
import { enter } from '../host/place.ts';
import { hostNamespace } from '../model/namespace.ts';
import type { ConnectEndpoint, DisconnectEndpoint } from '../model/network-operations.ts';

/** Takes the container out of the network, whether or not it runs; that it is out already is as good. */
export async function disconnectEndpoint(
  host: Host,
  operation: DisconnectEndpoint,
  signal: AbortSignal,
): Promise<void> {
  await host.engine.disconnect(operation.networkId, operation.containerId, signal);
}

/** Gives the container its place in the network; a running one has the declared MAC when this ends, whatever the engine made of it. */
export async function connectEndpoint(
  host: Host,
  operation: ConnectEndpoint,
  signal: AbortSignal,
): Promise<void> {
  await host.engine.connect(operation, host.ownership, signal);
  const macAddress = host.engine.keepsMacAddresses ? undefined : ownMacAddress(operation);
  if (macAddress !== undefined) await ensureMacAddress(host, operation, macAddress, signal);
}

async function ensureMacAddress(
  host: Host,
  operation: ConnectEndpoint,
  macAddress: string,
  signal: AbortSignal,
): Promise<void> {
  const container = fieldsOf(await host.engine.inspectContainer(operation.containerId, signal));
  const endpoints = fieldsOf(fieldsOf(container['NetworkSettings'])['Networks']);
  const endpoint = fieldsOf(endpoints[operation.network]);
  const address = textOf(endpoint['IPAddress']) || textOf(endpoint['GlobalIPv6Address']);
  const namespace = host.namespaces.of(operation.containerId);
  // A container that does not run is given its MAC by the pass that follows its start.
  if (address === '' || namespace === undefined || namespace === hostNamespace) return;
  await enter(host, namespace, (place) => setMacAddress(place, address, macAddress, signal));
}
