import { containsAddress } from '../model/address.ts';
import type { Desired } from '../model/desired.ts';
import type { ContainerState, Inventory, KeptMembers, Member } from '../model/inventory.ts';
import { generatedMacAddress } from '../model/mac-address.ts';
import type { ConnectEndpoint } from '../model/network-operations.ts';
import type { Observed } from '../model/observed.ts';
import type { Operation } from '../model/plan.ts';
import { describeEndpoint } from './describe.ts';
import { type Fates, networkNeed } from './fates.ts';
import type { Part } from './part.ts';
import { isUnsettled, waitsToSettle } from './unsettled.ts';

/**
 * Gives the members of a replaced network their place back: of one this plan replaces, and of one
 * that an interrupted pass replaced, or could not replace, whose members the engine was given to keep.
 */
export function planMembers(desired: Desired, observed: Observed, fates: Fates): Part {
  const { inventory } = observed;
  const replaced = [...fates].filter(([, fate]) => fate === 'replaced').map(([network]) => network);
  const kept = inventory.keptMembers.map(({ network }) => network);
  const parts = [...new Set([...kept, ...replaced])]
    .filter((network) => {
      // Of two networks of one name the engine does not know which to connect to: the members wait, as for one that is not there.
      const live = inventory.networks.filter(({ name }) => name === network);
      return fates.get(network) !== 'unavailable' || live.length === 1;
    })
    .map((network) => ({ network, members: membersToKeep(network, desired, inventory) }))
    .filter(({ network, members }) => members.length > 0 || kept.includes(network))
    .map((entry) => giveBack(entry, desired, observed, fates));
  return {
    operations: parts.flatMap(({ operations }) => operations),
    notices: parts.flatMap(({ notices }) => notices),
  };
}

/**
 * Who is in the network, or was before an unfinished replacement, and stays in it; what we connected and the file no longer names
 * does not.
 */
export function membersToKeep(network: string, desired: Desired, inventory: Inventory): readonly Member[] {
  const declared = new Set(
    desired.endpoints.filter((entry) => entry.network === network).map(({ containerId }) => containerId),
  );
  return inventory.containers
    .flatMap((container) => formerPlace(container, network, inventory) ?? [])
    .filter(({ containerId, owned }) => !owned || declared.has(containerId));
}

/**
 * The place a container has in a network, as it can be given back. A MAC that the engine made of an address goes with that: the next
 * who is given the address is given that MAC.
 */
function memberOf({ id, name, endpoints }: ContainerState, network: string): Member | undefined {
  const endpoint = endpoints.find(({ networkName }) => networkName === network);
  if (endpoint === undefined) return undefined;
  const { requested, addresses, aliases, macAddress, driverOptions, gatewayPriority, owned } = endpoint;
  const isMade = addresses.some((address) => generatedMacAddress(address) === macAddress);
  return {
    containerId: id,
    containerName: name,
    addresses: requested ?? addresses,
    aliases,
    ...(macAddress !== undefined && !isMade && { macAddress }),
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
  return memberOf(container, network) ?? keptPlace(container, network, inventory);
}

/** The place a container had when the engine was given it to keep. */
export function keptPlace(
  { id }: Pick<ContainerState, 'id'>,
  network: string,
  { keptMembers }: Inventory,
): Member | undefined {
  return keptMembers
    .filter((entry) => entry.network === network)
    .flatMap(({ members }) => members)
    .find(({ containerId }) => containerId === id);
}

/** They are kept until the last of them is back. */
const membersNeed = (network: string): string => `members of ${network}`;

function giveBack(
  { network, members }: KeptMembers,
  desired: Desired,
  { inventory }: Observed,
  fates: Fates,
): Part {
  const live = inventory.networks.find(({ name }) => name === network);
  const fate = fates.get(network);
  const made = fate === 'created' || fate === 'replaced';
  const subnets = (made ? desired.networks.find(({ name }) => name === network) : live)?.subnets ?? [];
  const absent = members.filter(({ containerId }) => {
    const container = inventory.containers.find(({ id }) => id === containerId);
    return (
      fate === 'replaced' || container?.endpoints.some(({ networkName }) => networkName === network) !== true
    );
  });
  // What the file says of a network that it cannot have is not done now: the place of before is given back.
  const missing = absent.filter(
    ({ containerId }) =>
      fate === 'unavailable' ||
      !desired.endpoints.some((entry) => entry.containerId === containerId && entry.network === network),
  );
  const isHeld = ({ containerId }: Member): boolean => isUnsettled(containerId, inventory);
  const free = missing.filter((member) => !isHeld(member));
  const back = subnets.length === 0 ? [] : free.map((member) => reconnection(member, network, subnets));
  const held = missing.filter(isHeld).map(({ containerName }) => containerName);
  const notices = held.length === 0 ? [] : [waitsToSettle(`members of ${network}`, held)];
  // One whose place is declared needs, when it joins, what else it had there.
  if (absent.some(isHeld)) return { operations: back, notices };
  const forget: Operation = {
    kind: 'forget-members',
    because: 'all members are back',
    changes: back.flatMap(({ changes }) => changes),
    needs: [networkNeed(network), membersNeed(network)],
    network,
  };
  return { operations: [...back, forget], notices: [] };
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
  const text = describeEndpoint({ containerName: member.containerName, network, addresses });
  return {
    kind: 'connect-endpoint',
    because: `${network} was replaced`,
    changes: [{ sign: '~', area: 'containers', text, detail: 'given back' }],
    needs: [networkNeed(network)],
    provides: membersNeed(network),
    network,
    ...member,
    addresses,
  };
}
