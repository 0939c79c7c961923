import { createHash } from 'node:crypto';
import type { Config, IpEntry, NetworkEntry } from '../model/config.ts';
import type { DesiredNetwork } from '../model/desired.ts';
import type { HostFacts } from '../model/facts.ts';
import { chooseIpRange, firstFreeAddress } from '../model/free-addresses.ts';
import { groupBy } from '../model/group-by.ts';
import type { Inventory, NetworkState } from '../model/inventory.ts';
import { bridgeOption, isBridgeName } from '../model/networks.ts';
import { desiredGateway } from './gateways.ts';
import { optionsFor } from './network-options.ts';

/** The networks of the file, each with a range from which the engine may hand out addresses and never a declared one. */
export function resolveNetworks(
  config: Config,
  { networks }: Inventory,
  facts: Pick<HostFacts, 'engine' | 'engineRules'>,
): readonly DesiredNetwork[] {
  const declared = groupBy(config.ips, (entry) => entry.network);
  return config.networks.map((network) => {
    const { origin, name, subnets, labels, onConflict } = network;
    const entries = declared.get(name) ?? [];
    const { driver, mtu } = network;
    const bridge = bridgeOf(network, networks);
    const gatewayContainer = desiredGateway(network, entries, facts);
    // Docker gives members of an internal network no default route at all, Podman others than the one it is told.
    const internal = gatewayContainer === undefined ? network.internal : facts.engine === 'podman';
    return {
      origin,
      name,
      ...(driver !== undefined && { driver }),
      ...(internal !== undefined && { internal }),
      ...(bridge !== undefined && { bridge }),
      subnets,
      chosenIpRanges: chooseIpRanges(network, entries),
      chosenGateways: chooseGateways(network, entries),
      ...(mtu !== undefined && { mtu }),
      options: optionsFor(network, facts),
      labels,
      onConflict,
      ...(gatewayContainer !== undefined && { gatewayContainer }),
    };
  });
}

/** As an engine does that was given no range: the first address, unless it is a container's. Other drivers' gateways are no business of the host's. */
function chooseGateways(
  { driver = 'bridge', subnets }: NetworkEntry,
  entries: readonly IpEntry[],
): Record<string, string> {
  if (driver !== 'bridge') return {};
  const taken = entries.map(({ ip }) => ip);
  return Object.fromEntries(
    subnets
      .filter(({ gateway }) => gateway === undefined)
      .flatMap(({ subnet }) => {
        const free = firstFreeAddress(subnet, taken);
        return free === undefined ? [] : [[subnet, free] as const];
      }),
  );
}

/** Only where the file gives no range and declares an address: else the whole subnet is the engine's. */
function chooseIpRanges(network: NetworkEntry, entries: readonly IpEntry[]): Record<string, string> {
  const chosen: Record<string, string> = {};
  for (const { family, subnet, ipRange } of network.subnets) {
    const taken = entries.filter((entry) => entry.family === family).map(({ ip }) => ip);
    if (ipRange !== undefined || taken.length === 0) continue;
    const range = chooseIpRange(subnet, taken);
    if (range !== undefined) chosen[subnet] = range;
  }
  return chosen;
}

/** The kernel's limit for an interface's name, less the byte that ends it (IFNAMSIZ). */
const longestInterface = 15;

/**
 * The bridge that the network has, or is made with: rules that name it are written before it is there. A declared name counts before
 * that of the live network where the file consents to a replacement.
 */
function bridgeOf(
  { name, driver = 'bridge', options, onConflict }: NetworkEntry,
  live: readonly NetworkState[],
): string | undefined {
  if (driver !== 'bridge') return undefined;
  const present = nameableBridge(live.find((network) => network.name === name));
  const declared = options[bridgeOption];
  const known = onConflict === 'recreate' ? (declared ?? present) : (present ?? declared);
  return known ?? bridgeNamed(name);
}

/** The host's interface of a live network, unless somebody gave it a name that rules cannot have. */
export function nameableBridge(network: NetworkState | undefined): string | undefined {
  return network?.bridge !== undefined && isBridgeName(network.bridge) ? network.bridge : undefined;
}

/** Never one that an engine would choose by itself, and the same whenever this network is made. */
function bridgeNamed(network: string): string {
  const readable = `nw-${network}`;
  if (/^[A-Za-z0-9_-]+$/.test(readable) && readable.length <= longestInterface) return readable;
  return `nw-${createHash('sha256').update(network).digest('hex').slice(0, 12)}`;
}
