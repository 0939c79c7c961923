import { familyOf } from '../model/block.ts';
import type { Subnet } from '../model/inventory.ts';
import { bridgeOption, gatewayV6Aux, inhibitOption, mtuOption } from '../model/networks.ts';
import type { Ownership } from '../model/ownership.ts';
import type { Engine, NewEndpoint, NewNetwork } from './engine.ts';
import { engineCalls, unlessDone, unlessGone } from './engine-calls.ts';
import { eventFilters, readEvents } from './engine-events.ts';
import type { Answering } from './greet.ts';
import { macOption, ownMacAddress } from './link-address.ts';

/** The Docker API, which Podman speaks too, behind a client that greeted the engine. */
export function openDocker({ client, ...answering }: Answering): Engine {
  const { ask, act } = engineCalls(answering.address);
  return {
    ...answering,
    keepsMacAddresses: false,
    listNetworks: (signal) => ask(signal, (abortSignal) => client.listNetworks({ abortSignal })),
    createNetwork: (network, signal) =>
      act(signal, (abortSignal) => client.createNetwork({ ...networkBody(network), abortSignal })),
    removeNetwork: (id, signal) => unlessGone(act(signal, () => client.getNetwork(encoded(id)).remove())),
    connect: (endpoint, ownership, signal) => {
      const body = endpointBody(endpoint, {
        DriverOpts: driverOptions(endpoint, ownership),
      });
      return act(signal, () => client.getNetwork(encoded(endpoint.network)).connect(body));
    },
    disconnect: (network, containerId, signal) => {
      const body = { Container: containerId, Force: true };
      return unlessGone(act(signal, () => client.getNetwork(encoded(network)).disconnect(body)));
    },
    listContainers: (signal) =>
      ask(signal, (abortSignal) => client.listContainers({ all: true, abortSignal })),
    inspectContainer: (id, signal) =>
      unlessGone(
        ask(
          signal,
          (abortSignal): Promise<unknown> => client.getContainer(encoded(id)).inspect({ abortSignal }),
        ),
      ),
    startContainer: (id, signal) =>
      unlessDone(act(signal, (abortSignal) => client.getContainer(encoded(id)).start({ abortSignal }))),
    stopContainer: async (id, patience, signal) => {
      const stop = (abortSignal: AbortSignal) =>
        client.getContainer(encoded(id)).stop({ t: Math.ceil(patience / 1000), abortSignal });
      await unlessGone(unlessDone(act(signal, stop, patience)));
    },
    checkHealth: () => Promise.resolve(),
    pauseContainer: (id, signal) =>
      act(signal, (abortSignal) => client.getContainer(encoded(id)).pause({ abortSignal })),
    unpauseContainer: (id, signal) =>
      act(signal, (abortSignal) => client.getContainer(encoded(id)).unpause({ abortSignal })),
    listVolumes: (label, value, signal) =>
      ask(signal, (abortSignal) =>
        client.listVolumes({ filters: { label: [`${label}=${value}`] }, abortSignal }),
      ),
    createVolume: (name, labels, signal) =>
      act(signal, () => client.createVolume({ Name: name, Driver: 'local', Labels: { ...labels } })),
    removeVolume: (name, signal) => unlessGone(act(signal, () => client.getVolume(encoded(name)).remove())),
    events: async (signal) => {
      // The engine subscribes just after it has answered (moby, events handler); `since` closes that gap.
      const since = Date.now() / 1000;
      const filters = JSON.stringify(eventFilters);
      const stream = await ask(signal, () => client.getEvents({ since, filters, abortSignal: signal }));
      return readEvents(stream, signal);
    },
  };
}

/** dockerode puts names into its paths as they are. */
export const encoded = encodeURIComponent;

function networkBody(network: NewNetwork) {
  const { driver, internal, subnets, bridge, mtu, options, labels } = network;
  return {
    Name: network.network,
    CheckDuplicate: true,
    Driver: driver,
    Internal: internal,
    EnableIPv6: subnets.some(({ subnet }) => familyOf(subnet) === 6),
    ...(subnets.length > 0 && {
      IPAM: {
        Driver: 'default',
        Config: subnets.map(ipamConfig),
      },
    }),
    Options: {
      ...options,
      ...(bridge !== undefined && { [bridgeOption]: bridge }),
      ...(mtu !== undefined && { [mtuOption]: `${mtu}` }),
      ...(subnets.some(({ hostAddress }) => hostAddress === 'none') && { [inhibitOption]: 'true' }),
    },
    Labels: { ...labels },
  };
}

/** Where the host has another address than the gateway, members are led to the gateway by one of the addresses kept from them. */
function ipamConfig({ subnet, gateway, ipRange, hostAddress }: Subnet) {
  const isElsewhere = hostAddress !== undefined && hostAddress !== 'none';
  const ofBridge = isElsewhere ? hostAddress : gateway;
  return {
    Subnet: subnet,
    ...(ofBridge !== undefined && { Gateway: ofBridge }),
    ...(ipRange !== undefined && { IPRange: ipRange }),
    ...(isElsewhere && gateway !== undefined && { AuxiliaryAddresses: { [gatewayV6Aux]: gateway } }),
  };
}

/** A container's place in a network as both engines are asked for it, with what each takes in its own way. */
export function endpointBody(
  { containerId, addresses, aliases, macAddress, gatewayPriority }: NewEndpoint,
  own: { readonly Aliases?: readonly string[]; readonly DriverOpts?: Readonly<Record<string, string>> },
) {
  const ipv4 = addresses.find((address) => familyOf(address) === 4);
  const ipv6 = addresses.find((address) => familyOf(address) === 6);
  return {
    Container: containerId,
    EndpointConfig: {
      ...(addresses.length > 0 && {
        IPAMConfig: {
          ...(ipv4 !== undefined && { IPv4Address: ipv4 }),
          ...(ipv6 !== undefined && { IPv6Address: ipv6 }),
        },
      }),
      Aliases: [...(own.Aliases ?? aliases)],
      ...(macAddress !== undefined && { MacAddress: macAddress }),
      ...(own.DriverOpts !== undefined && { DriverOpts: { ...own.DriverOpts } }),
      ...(gatewayPriority !== undefined && { GwPriority: gatewayPriority }),
    },
  };
}

/** Docker keeps what it is told here with the endpoint, whether or not it means something to the driver. */
function driverOptions(endpoint: NewEndpoint, ownership: Ownership): Readonly<Record<string, string>> {
  const macAddress = ownMacAddress(endpoint);
  return {
    ...endpoint.driverOptions,
    ...(macAddress !== undefined && { [macOption]: macAddress }),
    ...(endpoint.owned && { [ownership.label]: ownership.instance }),
  };
}
