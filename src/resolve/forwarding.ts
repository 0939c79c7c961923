import { familyOf } from '../model/address.ts';
import type { DesiredNetwork, Inventory } from '../model/state.ts';
import type { Peer } from './names.ts';
import { host, type NamespaceCollector } from './namespaces.ts';
import type { ResolvedPolicy } from './resolved-policy.ts';

/**
 * Forwarding where a policy that lets packets through speaks of the family. Where it only includes IPv6, with everything else,
 * nothing is turned on: a host that forwards takes no more router advertisements, and with them goes its own way out (ip-sysctl: accept_ra).
 */
export function forwardForPolicy({ policy, place, into }: ResolvedPolicy, source: Peer, target: Peer): void {
  const isSpokenOf = source.family === 4 || source.cidr !== undefined || target.cidr !== undefined;
  if (isSpokenOf && policy.action === 'accept') into.forwarding(place, source.family, policy.origin);
}

/** An engine that makes an IPv6 network turns forwarding on for good (moby, setupIPv6Forwarding): asked for by us, it can be put back. */
export function forwardForNetworks(
  networks: readonly DesiredNetwork[],
  inventory: Inventory,
  into: NamespaceCollector,
): void {
  const foreign = new Set(inventory.networks.filter(({ owned }) => !owned).map(({ name }) => name));
  for (const { name, driver = 'bridge', subnets, origin } of networks) {
    const isOurs = driver === 'bridge' && !foreign.has(name);
    if (isOurs && subnets.some(({ subnet }) => familyOf(subnet) === 6)) into.forwarding(host, 6, origin);
  }
}
