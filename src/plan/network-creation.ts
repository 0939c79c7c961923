import type { Change } from '../model/change.ts';
import type { DesiredNetwork } from '../model/desired.ts';
import type { CreateNetwork } from '../model/network-operations.ts';
import type { Ownership } from '../model/ownership.ts';
import { networkNeed } from './fates.ts';

/** Makes a network as the file has it, with what was chosen where the file leaves it open, and marked as ours. */
export function createNetwork(
  network: DesiredNetwork,
  ownership: Ownership,
  changes: readonly Change[],
  because: string,
): CreateNetwork {
  const {
    name,
    driver = 'bridge',
    internal = false,
    bridge,
    mtu,
    options,
    labels,
    gatewayContainer,
  } = network;
  return {
    kind: 'create-network',
    because,
    changes,
    needs: [networkNeed(name)],
    provides: networkNeed(name),
    network: name,
    driver,
    internal,
    subnets: network.subnets.map((entry) => {
      const ipRange = entry.ipRange ?? network.chosenIpRanges[entry.subnet];
      const gateway = entry.gateway ?? network.chosenGateways[entry.subnet];
      const hostAddress = gatewayContainer?.hostAddresses[entry.subnet];
      return {
        ...entry,
        ...(hostAddress !== undefined && { hostAddress }),
        ...(gateway !== undefined && { gateway }),
        ...(ipRange !== undefined && { ipRange }),
      };
    }),
    ...(bridge !== undefined && { bridge }),
    ...(mtu !== undefined && { mtu }),
    options,
    labels: { ...labels, [ownership.label]: ownership.instance },
    ...(gatewayContainer !== undefined && { routes: gatewayContainer.routes }),
  };
}
