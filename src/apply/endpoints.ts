import { fieldsOf, textOf } from '../host/answer.ts';
import type { EngineBody } from '../host/engine.ts';
import type { Host } from '../host/host.ts';
import { macOption, setMacAddress } from '../host/link-address.ts';
import { enter } from '../host/place.ts';
import { familyOf } from '../model/address.ts';
import type { ConnectEndpoint, DisconnectEndpoint } from '../model/plan.ts';
import { hostNamespace } from '../model/state.ts';

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
  await host.engine.connect(operation.network, endpointBody(host, operation), signal);
  if (operation.macAddress === undefined || host.engine.keepsMacAddresses) return;
  await ensureMacAddress(host, operation, operation.macAddress, signal);
}

function endpointBody(host: Host, operation: ConnectEndpoint): EngineBody {
  const { addresses, aliases, macAddress, gatewayPriority } = operation;
  const ipv4 = addresses.find((address) => familyOf(address) === 4);
  const ipv6 = addresses.find((address) => familyOf(address) === 6);
  const ownMac = macAddress !== undefined && !host.engine.keepsMacAddresses;
  return {
    Container: operation.containerId,
    EndpointConfig: {
      ...(addresses.length > 0 && {
        IPAMConfig: {
          ...(ipv4 !== undefined && { IPv4Address: ipv4 }),
          ...(ipv6 !== undefined && { IPv6Address: ipv6 }),
        },
      }),
      Aliases: aliases,
      ...(macAddress !== undefined && { MacAddress: macAddress }),
      DriverOpts: {
        ...operation.driverOptions,
        ...(ownMac && { [macOption]: macAddress }),
        ...(operation.owned && { [host.ownership.label]: host.ownership.instance }),
      },
      ...(gatewayPriority !== undefined && { GwPriority: gatewayPriority }),
    },
  };
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
