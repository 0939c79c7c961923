import { everyAddress, toCidr } from '../model/address.ts';
import { familyOf } from '../model/block.ts';
import type { Family, Origin } from '../model/config.ts';
import type { ContainerState, Inventory } from '../model/inventory.ts';
import { netEntry } from '../model/sets.ts';
import type { Boundary, ManagedNetwork } from './boundary.ts';
import { keepMembersApart } from './gateway-guard.ts';
import type { NameResolver } from './names.ts';
import type { NamespaceCollector } from './namespaces.ts';
import { nameableBridge } from './networks.ts';
import { host } from './place.ts';
import type { Resolving } from './resolved-policy.ts';
import { neighbourDiscovery, ruleOf } from './rules.ts';
import { commentOf } from './titles.ts';

const apart = 'between networks only what a policy allows';

/** Between the file's networks nothing passes that no policy allows, nor a source that belongs to another of them. */
export function keepApart(inventory: Inventory, resolving: Resolving): void {
  const { boundary, names, facts, into } = resolving;
  const [first] = boundary.networks;
  if (first === undefined) return;
  const { families } = boundary;
  for (const family of families) {
    for (const network of boundary.networks) declare(network, family, into);
    draw(family, first.origin, inventory, resolving);
    if (facts.engineFiltersRaw) passRaw(family, first.origin, into);
  }
  if (families.length === 0) return;
  // Engines list containers and their networks in no order that lasts.
  for (const container of inventory.containers.toSorted(byName))
    admitHomes(container, boundary, inventory, names, into);
}

function declare(network: ManagedNetwork, family: Family, into: NamespaceCollector): void {
  const { name, bridge, origin } = network;
  const about = { comment: commentOf(`${name} apart from other networks`), origin };
  into.element(family, 'links', { entry: netEntry(everyAddress[family], bridge), ...about });
  for (const { subnet } of network.subnets.filter((entry) => entry.family === family)) {
    into.element(family, 'homes', { entry: netEntry(subnet, bridge), ...about });
    into.element(family, 'nets', { entry: netEntry(subnet), ...about });
  }
}

/** A container in two networks answers by whichever its routes prefer: its own addresses are at home behind each of its bridges. */
function admitHomes(
  container: ContainerState,
  { networks, families }: Boundary,
  inventory: Inventory,
  names: NameResolver,
  into: NamespaceCollector,
): void {
  const joined = names.placesOf(container).toSorted((one, other) => compare(one.network, other.network));
  if (joined.length < 2) return;
  const managed = new Map(networks.map((network) => [network.name, network]));
  for (const { network, addresses } of joined) {
    const home = managed.get(network);
    if (home === undefined) continue;
    for (const other of joined.filter((place) => place.network !== network)) {
      const bridge =
        managed.get(other.network)?.bridge ??
        nameableBridge(inventory.networks.find(({ name }) => name === other.network));
      if (bridge === undefined) continue;
      for (const address of addresses) {
        const family = familyOf(address);
        if (!families.includes(family)) continue;
        const about = {
          comment: commentOf(`${container.name} is in ${network} and ${other.network}`),
          origin: home.origin,
        };
        // The kernel looks no further than the narrowest block that holds the address, whatever the bridge (ip_set_hash_netiface.c).
        for (const behind of [home.bridge, bridge])
          into.element(family, 'homes', { entry: netEntry(toCidr(address), behind), ...about });
      }
    }
  }
}

const byName = (one: ContainerState, other: ContainerState) => compare(one.name, other.name);

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

function draw(family: Family, origin: Origin, inventory: Inventory, resolving: Resolving): void {
  const { boundary, into } = resolving;
  const rule = ruleOf(host, family, into);
  const about = { comment: apart, origin };
  rule('guard', {}, { jump: 'SPOOFED' }, about);
  rule('spoofed', { from: 'homes' }, 'return', about);
  rule('spoofed', { from: 'nets' }, 'drop', about);
  rule('answers', { from: 'links', states: ['ESTABLISHED'], direction: 'REPLY' }, 'accept', about);
  rule('denied', { from: 'links' }, { jump: 'LEAVING' }, about);
  rule('leaving', { to: 'links' }, { jump: 'BETWEEN' }, about);
  rule('leaving', { to: 'links' }, 'return', about);
  rule('between', { states: ['RELATED'] }, 'accept', about);
  for (const match of neighbourDiscovery(family)) rule('between', match, 'return', about);
  for (const network of boundary.networks) {
    const { name, bridge, isolated, origin: declared } = network;
    if (isolated) keepMembersApart(network, inventory, resolving, family);
    const comment = commentOf(
      isolated ? `within ${name} only what a policy allows` : `${name} apart from other networks`,
    );
    const within = { inInterface: bridge, outInterface: bridge };
    const isFree = !isolated || network.gatewayContainer !== undefined;
    rule('between', within, isFree ? 'return' : 'drop', { comment, origin: declared });
  }
  rule('between', {}, 'drop', about);
}

/** What of it may pass is decided in FORWARD, which the engine's drop in `raw` would never let it reach. */
function passRaw(family: Family, origin: Origin, into: NamespaceCollector): void {
  const rule = ruleOf(host, family, into);
  const about = { comment: apart, origin };
  rule('raw', { from: 'links' }, { jump: 'RAW-NEAR' }, about);
  rule('near', { to: 'nets' }, 'accept', about);
}
