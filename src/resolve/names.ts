import { networkAddress, toCidr } from '../model/address.ts';
import { familyOf } from '../model/block.ts';
import { indexByCidr } from '../model/cidr-index.ts';
import type { Config, Family } from '../model/config.ts';
import type { Desired } from '../model/desired.ts';
import { firstFreeAddress } from '../model/free-addresses.ts';
import type { ContainerState, Inventory, NetworkState } from '../model/inventory.ts';
import { indexNames, matchName, type NameMatch } from '../model/names.ts';
import { type ContainerPlace, containerPlaces } from './container-places.ts';
import { memoised } from './memoised.ts';

/** One address or block that a name means. */
export interface Peer {
  readonly family: Family;
  /** Canonical CIDR; absent: every address of the family. */
  readonly cidr?: string;
  /** That of a block of one. */
  readonly address?: string;
  /** The host itself, whatever its addresses. */
  readonly isHost?: true;
}

/** What a name means now: peers, or why it means nothing, and whether that can change. */
type Resolution =
  | { readonly peers: readonly Peer[] }
  | { readonly unresolved: string; readonly kind: 'waiting' | 'warning' };

export interface NameResolver {
  /** The addresses a name stands for. */
  peers(name: string): Resolution;
  /** The containers a name stands for, running or not. */
  containers(name: string): readonly ContainerState[];
  /** Every address that a container has once the plan is applied. */
  addressesOf(container: ContainerState): readonly string[];
  /** Where a container is once the plan is applied. */
  placesOf(container: ContainerState): readonly ContainerPlace[];
  /** The networks' names in which a container is once the plan is applied. */
  networksOf(container: ContainerState): readonly string[];
  /** The host's address in the network that holds this address: the next hop of a container there. */
  gatewayFor(address: string): string | undefined;
  /** The declared subnet that holds an address or block. */
  managedSubnet(cidr: string): { readonly network: string; readonly subnet: string } | undefined;
}

/** Looks names up in the file and among the live containers, in the order the file format promises. */
export function nameResolver(
  config: Config,
  inventory: Inventory,
  { networks, endpoints }: Pick<Desired, 'networks' | 'endpoints'>,
): NameResolver {
  const index = indexNames(config);
  const byName = new Map(inventory.containers.map((container) => [container.name, container]));
  const managed = indexByCidr(
    config.networks.flatMap(({ name, subnets }) =>
      subnets.map(({ subnet }) => [subnet, { network: name, subnet }] as const),
    ),
  );
  const gateways = indexByCidr([
    ...config.networks.flatMap(({ subnets }) =>
      subnets.flatMap(({ subnet, gateway }) => (gateway === undefined ? [] : [[subnet, gateway] as const])),
    ),
    ...inventory.networks.flatMap(liveGateways),
    ...networks.flatMap(({ chosenGateways }) => Object.entries(chosenGateways)),
  ]);
  const places = containerPlaces(config, endpoints);
  const addressesOf = (container: ContainerState): readonly string[] =>
    places(container).flatMap(({ addresses }) => addresses);
  const labelled = (match: NameMatch & { kind: 'label' }): readonly ContainerState[] =>
    inventory.containers.filter(({ running, labels }) => {
      const value = Object.hasOwn(labels, match.key) ? labels[match.key] : undefined;
      return running && value !== undefined && (match.value === undefined || match.value === value);
    });

  const lookUp = (name: string): Resolution => {
    const match = matchName(name, index);
    switch (match.kind) {
      case 'address':
        return { peers: [peer(match.cidr)] };
      case 'any':
        return { peers: [{ family: 4 }, { family: 6 }] };
      case 'host':
        return {
          unresolved: 'the host itself is not filtered: its own connections pass anyhow',
          kind: 'warning',
        };
      case 'ips':
        return { peers: match.entries.map(({ ip }) => peer(toCidr(ip))) };
      case 'network':
        return { peers: match.network.subnets.map(({ subnet }) => peer(subnet)) };
      case 'label': {
        const peers = labelled(match).flatMap((container) =>
          addressesOf(container).map((ip) => peer(toCidr(ip))),
        );
        return peers.length > 0
          ? { peers }
          : { unresolved: `no running container has the label ${name.slice(6)}`, kind: 'waiting' };
      }
      case 'none':
        return { unresolved: `nothing is called ${name} yet`, kind: 'waiting' };
    }
  };

  return {
    peers: memoised(lookUp),
    containers: (name) => {
      const match = matchName(name, index);
      const exact = byName.get(name);
      if (match.kind === 'label') return labelled(match);
      if (match.kind === 'ips' && !(match.byPrefix && exact !== undefined)) {
        const names = new Set(match.entries.flatMap(({ containerName }) => containerName ?? []));
        return [...names].flatMap((containerName) => byName.get(containerName) ?? []);
      }
      return exact === undefined ? [] : [exact];
    },
    addressesOf,
    placesOf: places,
    networksOf: (container) => places(container).map(({ network }) => network),
    gatewayFor: (address) => gateways(address),
    managedSubnet: memoised((cidr) => managed(cidr.split('/', 1)[0] ?? cidr)),
  };
}

/** A block of addresses, or one. */
export function peer(cidr: string): Peer {
  const family = familyOf(cidr);
  const full = family === 4 ? '/32' : '/128';
  return { family, cidr, ...(cidr.endsWith(full) && { address: cidr.slice(0, -full.length) }) };
}

/** Docker keeps to itself a gateway that it chose: the first address of the range it gives addresses from (libnetwork, ipamAllocateVersion). */
function liveGateways({ driver, subnets }: NetworkState): readonly (readonly [string, string])[] {
  return subnets.flatMap(({ subnet, gateway, ipRange }) => {
    const within = ipRange === undefined || networkAddress(ipRange) === networkAddress(subnet);
    const chosen = within ? firstFreeAddress(ipRange ?? subnet, []) : networkAddress(ipRange);
    const address = gateway ?? (driver === 'bridge' ? chosen : undefined);
    return address === undefined ? [] : [[subnet, address] as const];
  });
}
