import { containsAddress } from '../model/address.ts';
import type { Config } from '../model/config.ts';
import type { DesiredEndpoint } from '../model/desired.ts';
import { groupBy } from '../model/group-by.ts';
import type { ContainerState, EndpointState } from '../model/inventory.ts';

/** One network a container is in once the plan is applied, and its addresses there. */
export interface ContainerPlace {
  readonly network: string;
  readonly addresses: readonly string[];
}

/** Where each container is once the plan is applied: as declared, and where somebody else put it. */
export function containerPlaces(
  config: Config,
  endpoints: readonly DesiredEndpoint[],
): (container: ContainerState) => readonly ContainerPlace[] {
  const declared = groupBy(endpoints, ({ containerId }) => containerId);
  const subnetsOf = new Map(config.networks.map(({ name, subnets }) => [name, subnets]));
  /** An address outside what the file declares for its network is lost when that network is replaced. */
  const lasting = ({ networkName, addresses }: EndpointState): readonly string[] => {
    const subnets = subnetsOf.get(networkName);
    if (subnets === undefined) return addresses;
    return addresses.filter((address) => subnets.some(({ subnet }) => containsAddress(subnet, address)));
  };
  return ({ id, endpoints: live }) => {
    const ours = declared.get(id) ?? [];
    const named = new Set(ours.map(({ network }) => network));
    const kept = live.filter(({ networkName, owned }) => !owned && !named.has(networkName));
    return [
      ...ours.map(({ network, addresses, gateways }) => ({
        network,
        addresses: gateways === undefined ? addresses : [...addresses, ...gateways, ...given(live, network)],
      })),
      ...kept.map((endpoint) => ({ network: endpoint.networkName, addresses: lasting(endpoint) })),
    ];
  };
}

/** What the engine gave a gateway besides. */
function given(live: readonly EndpointState[], network: string): readonly string[] {
  return live.filter(({ networkName }) => networkName === network).flatMap(({ addresses }) => addresses);
}
