import { overlaps } from '../model/address.ts';
import { familyOf } from '../model/block.ts';
import type { DesiredNetwork } from '../model/desired.ts';
import type { Inventory } from '../model/inventory.ts';
import { interfaceSysctl } from '../model/sysctl.ts';
import type { Peer } from './names.ts';
import type { NamespaceCollector } from './namespaces.ts';
import { host } from './place.ts';
import type { ResolvedPolicy } from './resolved-policy.ts';

/**
 * Forwarding where a policy that lets packets through speaks of the family. Where it only includes IPv6, with everything else,
 * nothing is turned on: a host that forwards takes no more router advertisements, and with them goes its own way out (ip-sysctl: accept_ra).
 */
export function forwardForPolicy(resolved: ResolvedPolicy, source: Peer, target: Peer): void {
  const { policy, place, into } = resolved;
  const isSpokenOf = source.family === 4 || source.cidr !== undefined || target.cidr !== undefined;
  if (!isSpokenOf || policy.action !== 'accept') return;
  into.forwarding(place, source.family, policy.origin);
  if (place === host) openShut(resolved, source, target);
}

/**
 * Podman turns the forwarding of an internal network off, again with every container that joins (measured: 4.3, 5.4); it is on where
 * a policy names an address of it, and what else would pass then our rules refuse.
 */
export function openShut({ policy, boundary, facts, into }: ResolvedPolicy, ...peers: readonly Peer[]): void {
  if (facts.engine === 'docker') return;
  for (const { bridge, subnets } of boundary.networks.filter(({ shut }) => shut)) {
    const named = peers.find(
      ({ cidr }) => cidr !== undefined && subnets.some(({ subnet }) => overlaps(subnet, cidr)),
    );
    if (named === undefined) continue;
    const key = interfaceSysctl(named.family, bridge, 'forwarding');
    // There is no bridge while nobody is in the network.
    into.sysctl(host, { key, value: '1', origin: policy.origin, lacking: [] });
  }
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
