import { chooseIpRange, firstFreeAddress } from '../model/address.ts';
import type { Config, IpEntry, NetworkEntry } from '../model/config.ts';
import { groupBy } from '../model/group-by.ts';
import type { DesiredNetwork } from '../model/state.ts';

/** The networks of the file, each with a range from which the engine may hand out addresses and never a declared one. */
export function resolveNetworks(config: Config): readonly DesiredNetwork[] {
  const declared = groupBy(config.ips, (entry) => entry.network);
  return config.networks.map((network) => {
    const { origin, name, subnets, options, labels, onConflict } = network;
    const entries = declared.get(name) ?? [];
    const { driver, internal, mtu } = network;
    return {
      origin,
      name,
      ...(driver !== undefined && { driver }),
      ...(internal !== undefined && { internal }),
      subnets,
      chosenIpRanges: chooseIpRanges(network, entries),
      chosenGateways: chooseGateways(network, entries),
      ...(mtu !== undefined && { mtu }),
      options,
      labels,
      onConflict,
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
