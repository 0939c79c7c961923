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
  const macAddress = ownMacAddress(host, operation);
  if (macAddress !== undefined) await ensureMacAddress(host, operation, macAddress, signal);
}

function endpointBody(host: Host, operation: ConnectEndpoint): EngineBody {
  const { addresses, aliases, macAddress, gatewayPriority } = operation;
  const ipv4 = addresses.find((address) => familyOf(address) === 4);
  const ipv6 = addresses.find((address) => familyOf(address) === 6);
  const ownMac = ownMacAddress(host, operation);
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
        ...(ownMac !== undefined && { [macOption]: ownMac }),
        ...(operation.owned && { [host.ownership.label]: host.ownership.instance }),
      },
      ...(gatewayPriority !== undefined && { GwPriority: gatewayPriority }),
    },
  };
}

/** The MAC that is ours to set: one the engine would neither take nor choose by itself. */
function ownMacAddress(host: Host, { addresses, macAddress }: ConnectEndpoint): string | undefined {
  if (macAddress === undefined || host.engine.keepsMacAddresses) return undefined;
  return addresses.some((address) => generatedMacAddress(address) === macAddress) ? undefined : macAddress;
}

/** Docker before 28 makes the MAC of an endpoint out of its IPv4 address (libnetwork, netutils.GenerateMACFromIP). */
function generatedMacAddress(address: string): string | undefined {
  if (familyOf(address) !== 4) return undefined;
  const bytes = address.split('.').map((part) => Number(part).toString(16).padStart(2, '0'));
  return ['02', '42', ...bytes].join(':');
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
