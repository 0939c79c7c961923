import { containsAddress } from '../model/address.ts';
import type { ConnectEndpoint, Operation } from '../model/plan.ts';
import type { ContainerState, Desired, Inventory, KeptMembers, Member, Observed } from '../model/state.ts';
import { describeEndpoint } from './describe.ts';
import { type Fates, networkNeed } from './fates.ts';
import type { Part } from './part.ts';

/**
 * Gives the members of a replaced network their place back: of one this plan replaces, and of one
 * that an interrupted pass replaced, whose members the engine was given to keep.
 */
export function planMembers(desired: Desired, observed: Observed, fates: Fates): Part {
  const interrupted = observed.inventory.keptMembers.filter(({ network }) => {
    const fate = fates.get(network);
    return fate !== 'unavailable' && fate !== 'replaced';
  });
  const replaced: readonly KeptMembers[] = [...fates]
    .filter(([, fate]) => fate === 'replaced')
    .map(([network]) => ({
      network,
      members: [
        ...observed.inventory.keptMembers
          .filter((kept) => kept.network === network)
          .flatMap(({ members }) => members),
        ...membersToKeep(network, desired, observed.inventory),
      ],
    }))
    .filter(({ members }) => members.length > 0);
  const operations = [
    ...interrupted.flatMap((kept) => giveBack(kept, desired, observed, fates)),
    ...replaced.flatMap((kept) => giveBack(kept, desired, observed, fates)),
  ];
  return { operations, notices: [] };
}

/** Who is in the network and stays in it; what we connected and the file no longer names does not. */
export function membersToKeep(network: string, desired: Desired, inventory: Inventory): readonly Member[] {
  const declared = new Set(
    desired.endpoints.filter((entry) => entry.network === network).map(({ containerId }) => containerId),
  );
  return inventory.containers
    .flatMap((container) => memberOf(container, network) ?? [])
    .filter(({ containerId, owned }) => !owned || declared.has(containerId));
}

/** The place a container has in a network, as it can be given back. */
function memberOf({ id, name, endpoints }: ContainerState, network: string): Member | undefined {
  const endpoint = endpoints.find(({ networkName }) => networkName === network);
  if (endpoint === undefined) return undefined;
  const { requested, addresses, aliases, macAddress, driverOptions, gatewayPriority, owned } = endpoint;
  return {
    containerId: id,
    containerName: name,
    addresses: requested ?? addresses,
    aliases,
    ...(macAddress !== undefined && { macAddress }),
    driverOptions,
    ...(gatewayPriority !== undefined && { gatewayPriority }),
    owned,
  };
}

/** What a container has in a network, or had before the network was replaced: a declared address changes only the address. */
export function formerPlace(
  container: ContainerState,
  network: string,
  inventory: Inventory,
): Member | undefined {
  const kept = inventory.keptMembers
    .filter((entry) => entry.network === network)
    .flatMap(({ members }) => members)
    .find(({ containerId }) => containerId === container.id);
  return memberOf(container, network) ?? kept;
}

/** They are kept until the last of them is back. */
const membersNeed = (network: string): string => `members of ${network}`;

function giveBack(
  { network, members }: KeptMembers,
  desired: Desired,
  { inventory }: Observed,
  fates: Fates,
): readonly Operation[] {
  const live = inventory.networks.find(({ name }) => name === network);
  const subnets = desired.networks.find(({ name }) => name === network)?.subnets ?? live?.subnets ?? [];
  const leaves = fates.get(network) === 'replaced';
  const missing = members.filter(({ containerId }) => {
    const container = inventory.containers.find(({ id }) => id === containerId);
    const named = desired.endpoints.some(
      (entry) => entry.containerId === containerId && entry.network === network,
    );
    const there = container?.endpoints.some(({ networkName }) => networkName === network) === true && !leaves;
    return container !== undefined && !named && !there;
  });
  const back = subnets.length === 0 ? [] : missing.map((member) => reconnection(member, network, subnets));
  const forget: Operation = {
    kind: 'forget-members',
    because: 'all members are back',
    changes: back.flatMap(({ changes }) => changes),
    needs: [networkNeed(network), membersNeed(network)],
    network,
  };
  return [...back, forget];
}

/** With all it had; an address outside the new subnet is left to the engine to choose. */
function reconnection(
  member: Member,
  network: string,
  subnets: readonly { readonly subnet: string }[],
): ConnectEndpoint {
  const addresses = member.addresses.filter((address) =>
    subnets.some(({ subnet }) => containsAddress(subnet, address)),
  );
  const { containerId, containerName, aliases, macAddress, driverOptions, gatewayPriority } = member;
  const text = describeEndpoint({ containerName, network, addresses });
  return {
    kind: 'connect-endpoint',
    because: `${network} was replaced`,
    changes: [{ sign: '~', area: 'containers', text, detail: 'given back' }],
    needs: [networkNeed(network)],
    provides: membersNeed(network),
    containerId,
    containerName,
    network,
    addresses,
    aliases,
    ...(macAddress !== undefined && { macAddress }),
    driverOptions,
    ...(gatewayPriority !== undefined && { gatewayPriority }),
    owned: member.owned,
  };
}
