import type { EngineBody } from '../host/engine.ts';
import type { Host } from '../host/host.ts';
import { familyOf } from '../model/address.ts';
import { bridgeOption, mtuOption } from '../model/networks.ts';
import type { CreateNetwork, RemoveNetwork } from '../model/plan.ts';

/** Makes the network; the engine refuses a second one of its name. */
export async function createNetwork(
  host: Host,
  operation: CreateNetwork,
  signal: AbortSignal,
): Promise<void> {
  await host.engine.createNetwork(networkBody(operation), signal);
}

function networkBody(operation: CreateNetwork): EngineBody {
  const { network, driver, internal, subnets, bridge, mtu, options, labels } = operation;
  return {
    Name: network,
    CheckDuplicate: true,
    Driver: driver,
    Internal: internal,
    EnableIPv6: subnets.some(({ subnet }) => familyOf(subnet) === 6),
    ...(subnets.length > 0 && {
      IPAM: {
        Driver: 'default',
        Config: subnets.map(({ subnet, gateway, ipRange }) => ({
          Subnet: subnet,
          ...(gateway !== undefined && { Gateway: gateway }),
          ...(ipRange !== undefined && { IPRange: ipRange }),
        })),
      },
    }),
    Options: {
      ...options,
      ...(bridge !== undefined && { [bridgeOption]: bridge }),
      ...(mtu !== undefined && { [mtuOption]: `${mtu}` }),
    },
    Labels: labels,
  };
}

/** Removes the network by its id; that it is gone already is as good. */
export async function removeNetwork(
  host: Host,
  operation: RemoveNetwork,
  signal: AbortSignal,
): Promise<void> {
  await host.engine.removeNetwork(operation.networkId, signal);
}
