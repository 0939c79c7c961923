import { familyOf } from '../model/block.ts';
import type { Config, Family, GatewayEntry, IpEntry, NetworkEntry, Origin } from '../model/config.ts';
import type { DesiredGateway, DesiredRoute } from '../model/desired.ts';
import type { HostFacts } from '../model/facts.ts';
import { chooseIpRange, firstFreeAddress, lastFreeAddress } from '../model/free-addresses.ts';
import type { ContainerState, Inventory } from '../model/inventory.ts';
import { answerNames, askGateway } from './gateway-names.ts';
import type { NameResolver } from './names.ts';
import type { NamespaceCollector } from './namespaces.ts';
import { host, type Place, placeOf } from './place.ts';
import { commentOf } from './titles.ts';

type Gatewayed = NetworkEntry & { readonly gatewayContainer: GatewayEntry };

/** Whether a container is the gateway of the network. */
export function isGatewayed<N extends NetworkEntry>(
  network: N,
): network is N & { readonly gatewayContainer: GatewayEntry } {
  return network.gatewayContainer !== undefined;
}

/** How the network is made whose gateway is a container; undefined where it is the host. */
export function desiredGateway(
  network: NetworkEntry,
  entries: readonly IpEntry[],
  facts: Pick<HostFacts, 'engine' | 'engineRules'>,
): DesiredGateway | undefined {
  if (!isGatewayed(network)) return undefined;
  const { containerName, addresses } = network.gatewayContainer;
  return {
    containerName,
    addresses,
    hostAddresses: chooseHostAddresses(network, entries, facts),
    routes: facts.engine === 'docker' || facts.engineRules === 'nft' ? 'engine' : 'netwright',
  };
}

/** Docker can be told to give its bridge no IPv4 address; else the host has one that is nobody's, outside of what the engine hands out. */
function chooseHostAddresses(
  { subnets, gatewayContainer }: Gatewayed,
  entries: readonly IpEntry[],
  { engine }: Pick<HostFacts, 'engine'>,
): Record<string, string> {
  const taken = entries.map(({ ip }) => ip);
  return Object.fromEntries(
    subnets.flatMap(({ family, subnet, gateway, ipRange }) => {
      if (engine === 'docker' && family === 4) return [[subnet, 'none'] as const];
      if (gateway === undefined || !gatewayContainer.addresses.includes(gateway)) return [];
      const range = ipRange ?? chooseIpRange(subnet, taken);
      const free = lastFreeAddress(subnet, taken, range) ?? firstFreeAddress(subnet, taken);
      return free === undefined ? [] : [[subnet, free] as const];
    }),
  );
}

/**
 * What makes a container the gateway of networks, in its namespace: the gateway's address, forwarding, a way out of its own, masquerade
 * of what members send further, and their questions for names. What its own software does there is left as it is.
 */
export function resolveGateways(
  config: Config,
  inventory: Inventory,
  names: NameResolver,
  facts: Pick<HostFacts, 'engine' | 'engineRules'>,
  into: NamespaceCollector,
): void {
  const gatewayed = config.networks.filter(isGatewayed);
  for (const network of gatewayed) {
    const container = inventory.containers.find(
      ({ name }) => name === network.gatewayContainer.containerName,
    );
    const place = container && placeOf(container);
    // On the host's own network nobody can be connected, which is told elsewhere.
    if (container !== undefined && place !== undefined && place !== host) {
      const own = gatewayed.filter((other) => other.gatewayContainer.containerName === container.name);
      actAsGateway(network, { container, place, own, config, names, into });
    }
    askGateway(network, inventory, names, facts, into);
    if (facts.engine === 'podman' && facts.engineRules === 'iptables')
      leadMembers(network, inventory, names, into);
  }
}

interface Acting {
  readonly container: ContainerState;
  readonly place: Place;
  /** All networks of which it is the gateway. */
  readonly own: readonly Gatewayed[];
  readonly config: Config;
  readonly names: NameResolver;
  readonly into: NamespaceCollector;
}

function actAsGateway(network: Gatewayed, acting: Acting): void {
  const { place, into } = acting;
  const { origin, addresses, masquerade, dns } = network.gatewayContainer;
  const subnets = network.subnets.map(({ subnet }) => subnet);
  for (const address of addresses) {
    const family = familyOf(address);
    into.address(place, { origin, address, network: network.name, subnets });
    into.forwarding(place, family, origin);
    into.unwantedRoute(place, { family, via: address, origin });
    leadOut(family, origin, acting);
    if (masquerade) masqueradeMembers(network, family, acting);
    if (dns) answerNames(network, address, place, into);
  }
}

/** Its way out where the engine gave it none but to itself: by another network it is in, of the file before others. */
function leadOut(
  family: Family,
  origin: Origin,
  { container, place, own, config, names, into }: Acting,
): void {
  const inside = new Set(own.map(({ name }) => name));
  const order = new Map(config.networks.map(({ name }, index) => [name, index]));
  const rank = (name: string) => order.get(name) ?? config.networks.length;
  const outer = names
    .placesOf(container)
    .filter(({ network }) => !inside.has(network))
    .toSorted((one, other) => rank(one.network) - rank(other.network));
  const via = outer
    .flatMap(({ addresses }) => addresses)
    .filter((address) => familyOf(address) === family)
    .map((address) => names.gatewayFor(address))
    .find((address) => address !== undefined);
  if (via !== undefined) into.route(place, defaultBy(via, origin));
}

/** An engine that adds its own default route without a metric is not refused, and that is preferred; Podman gives its own 100, IPv6 1024. */
const ownMetric = 50;

/** A default route, where there is no other. */
function defaultBy(via: string, origin: Origin): DesiredRoute {
  return {
    family: familyOf(via),
    type: 'unicast',
    to: 'default',
    via,
    table: 'main',
    metric: ownMetric,
    origin,
    unlessReachable: true,
  };
}

/** By the source, whatever its interfaces are called today. Among its own networks it only passes on. */
function masqueradeMembers(network: Gatewayed, family: Family, { place, own, into }: Acting): void {
  const { origin } = network.gatewayContainer;
  const comment = commentOf(`${network.name} goes out with the address of its gateway`);
  const within = own.flatMap(({ subnets }) => subnets.filter((entry) => entry.family === family));
  for (const { subnet: source } of network.subnets.filter((entry) => entry.family === family)) {
    for (const { subnet: destination } of within)
      into.rule(place, family, 'within', {
        match: { source, destination },
        target: { kind: 'return' },
        comment,
        origin,
      });
    into.rule(place, family, 'uplink', {
      match: { source },
      target: { kind: 'masquerade' },
      comment,
      origin,
    });
  }
}

/** Where the engine gives members no way out at all: they have it from when they are seen to run. */
function leadMembers(
  { name, gatewayContainer }: Gatewayed,
  { containers }: Inventory,
  names: NameResolver,
  into: NamespaceCollector,
): void {
  const { containerName, addresses, origin } = gatewayContainer;
  for (const container of containers) {
    const place = placeOf(container);
    const isMember = names.networksOf(container).includes(name);
    if (!isMember || place === host || container.name === containerName) continue;
    for (const via of addresses) into.route(place, defaultBy(via, origin));
  }
}
