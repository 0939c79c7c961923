import { toCidr } from '../model/address.ts';
import type { Family, GatewayEntry } from '../model/config.ts';
import type { ContainerState, Inventory } from '../model/inventory.ts';
import { netEntry } from '../model/sets.ts';
import { interfaceSysctl } from '../model/sysctl.ts';
import type { ManagedNetwork } from './boundary.ts';
import { isGatewayed } from './gateways.ts';
import type { NamespaceCollector } from './namespaces.ts';
import { nameableBridge } from './networks.ts';
import { host } from './place.ts';
import type { Resolving } from './resolved-policy.ts';
import { ruleOf } from './rules.ts';
import { commentOf } from './titles.ts';

/** A network whose gateway is a container. */
export interface GuardedNetwork extends ManagedNetwork {
  readonly gatewayContainer: GatewayEntry;
}

/**
 * Nothing passes the host into or out of a network whose gateway is a container, and nothing passes between it and the host, whatever
 * a policy says: such packets stay on their bridge, shown to these rules (br_netfilter) or not.
 */
export function guardGateways(inventory: Inventory, resolving: Resolving): void {
  const { boundary, into } = resolving;
  const guarded = boundary.networks.filter(isGatewayed);
  for (const network of guarded) {
    const beyond = bridgesBeyond(network, inventory, resolving);
    // Left alone, it answers there for every address it has anywhere (ip-sysctl, arp_ignore), past all rules for IP.
    const key = interfaceSysctl(4, network.bridge, 'arp_ignore');
    into.sysctl(host, { key, value: '8', origin: network.origin, lacking: [] });
    // Frames to 01:80:c2:00:00:0e come up at the port itself, past the bridge and all hooks (br_handle_frame; measured).
    const unlike = { value: '1', origin: network.origin, lacking: [] };
    into.sysctl(host, { key: interfaceSysctl(4, 'all', 'drop_unicast_in_l2_multicast'), ...unlike });
    if (boundary.families.includes(6))
      into.sysctl(host, { key: interfaceSysctl(6, 'default', 'drop_unicast_in_l2_multicast'), ...unlike });
    for (const family of boundary.families) {
      leaveUntracked(network, family, into);
      closeGate(network, family, beyond, into);
    }
  }
}

const subnetsOf = ({ subnets }: ManagedNetwork, family: Family): readonly string[] =>
  subnets.filter((entry) => entry.family === family).map(({ subnet }) => subnet);

const about = ({ name, origin, gatewayContainer }: GuardedNetwork) => ({
  comment: commentOf(`${name} by ${gatewayContainer.containerName} alone`),
  origin,
});

/**
 * With br_netfilter the host would translate what a bridge carries: a member that asks, by the gateway container, for a port that the
 * host publishes would be led to it past that container (measured). Between members connections are told apart as ever.
 */
function leaveUntracked(network: GuardedNetwork, family: Family, into: NamespaceCollector): void {
  const rule = ruleOf(host, family, into);
  const why = about(network);
  for (const subnet of subnetsOf(network, family)) {
    const within = { source: subnet, destination: subnet, inInterface: network.bridge };
    rule('untracked', within, 'return', why);
  }
  rule('untracked', { inInterface: network.bridge }, 'notrack', why);
}

function closeGate(
  network: GuardedNetwork,
  family: Family,
  beyond: readonly string[],
  into: NamespaceCollector,
): void {
  const rule = ruleOf(host, family, into);
  const why = about(network);
  const { bridge } = network;
  const subnets = subnetsOf(network, family);
  rule('deaf', { inInterface: bridge }, 'drop', why);
  rule('gated', { inInterface: bridge }, { jump: 'GATE' }, why);
  for (const part of ['gated', 'mute'] as const) {
    rule(part, { outInterface: bridge }, { jump: 'GATE' }, why);
    // The host has no route there: it would ask its own gateway.
    for (const destination of subnets) rule(part, { destination }, { jump: 'GATE' }, why);
  }
  rule('passGate', { inInterface: bridge, outInterface: bridge }, 'return', why);
  // What the gateway container passes on comes from anywhere.
  rule('spoofed', { inInterface: bridge, outInterface: bridge }, 'return', why);
  rule('stopAtGate', { inInterface: bridge }, 'drop', why);
  for (const out of beyond) {
    for (const destination of subnets) {
      rule('knownBeyond', { destination, outInterface: out }, 'return', why);
      into.element(family, 'homes', { entry: netEntry(destination, out), ...why });
    }
  }
  rule('gate', {}, 'drop', why);
}

/** The bridges behind which members' addresses are at home as well: where the container sends them on as they are. */
function bridgesBeyond(
  { name, gatewayContainer }: GuardedNetwork,
  { networks, containers }: Inventory,
  { boundary, names }: Resolving,
): readonly string[] {
  const { containerName, masquerade } = gatewayContainer;
  const container = containers.find((each) => each.name === containerName);
  if (masquerade || container === undefined) return [];
  const others = names.networksOf(container).filter((network) => network !== name);
  return others
    .flatMap(
      (network) =>
        boundary.networks.find((each) => each.name === network)?.bridge ??
        nameableBridge(networks.find((each) => each.name === network)) ??
        [],
    )
    .toSorted();
}

/** Within an isolated network: what members send each other is closed, what goes by the container that is its gateway is not. */
export function keepMembersApart(
  network: ManagedNetwork,
  { containers }: Inventory,
  { names, into }: Pick<Resolving, 'names' | 'into'>,
  family: Family,
): void {
  if (!isGatewayed(network)) return;
  const rule = ruleOf(host, family, into);
  const why = {
    ...about(network),
    comment: commentOf(`within ${network.name} only what a policy allows`),
  };
  const { bridge, gatewayContainer } = network;
  const within = { inInterface: bridge, outInterface: bridge };
  const container = containers.find(({ name }) => name === gatewayContainer.containerName);
  for (const address of addressesIn(network, container, names)) {
    if (address.includes(':') !== (family === 6)) continue;
    rule('between', { ...within, source: toCidr(address) }, 'return', why);
    rule('between', { ...within, destination: toCidr(address) }, 'return', why);
  }
  for (const block of groups[family]) rule('between', { ...within, destination: block }, 'drop', why);
  for (const block of [...subnetsOf(network, family), ...linkLocal[family]])
    for (const target of [...subnetsOf(network, family), ...linkLocal[family]])
      rule('between', { ...within, source: block, destination: target }, 'drop', why);
}

/** Multicast, and the broadcast of every network. */
const groups = { 4: ['224.0.0.0/4', '255.255.255.255/32'], 6: ['ff00::/8'] } as const;
const linkLocal = { 4: ['169.254.0.0/16'], 6: ['fe80::/10'] } as const;

function addressesIn(
  { name, gatewayContainer }: GuardedNetwork,
  container: ContainerState | undefined,
  names: Resolving['names'],
): readonly string[] {
  const places = container === undefined ? [] : names.placesOf(container);
  const own = places.filter(({ network }) => network === name).flatMap(({ addresses }) => addresses);
  return [...new Set([...gatewayContainer.addresses, ...own])];
}
