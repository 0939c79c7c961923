import { containsAddress } from '../model/address.ts';
import type { DesiredGateway, DesiredNetwork } from '../model/desired.ts';
import type { NetworkState, Subnet } from '../model/inventory.ts';
import { inhibitOption, isBridgeName, isolateOption, mtuOption } from '../model/networks.ts';

/** What the file declares and the live network has otherwise, in words; what the engine filled in is no difference (H16). */
export function networkDifferences(desired: DesiredNetwork, live: NetworkState): readonly string[] {
  const differences: string[] = [];
  const compare = (what: string, wanted: string | undefined, has: string | undefined): void => {
    if (wanted !== undefined && wanted !== has) differences.push(`${what} was ${has ?? 'not set'}`);
  };
  compare('driver', desired.driver, live.driver);
  compare('internal', desired.internal?.toString(), String(live.internal));
  compare('mtu', desired.mtu?.toString(), live.options[mtuOption] ?? live.options['mtu']);
  if (live.bridge !== undefined && !isBridgeName(live.bridge))
    differences.push(`no rule can name its bridge, ${JSON.stringify(live.bridge)}`);
  for (const wanted of desired.subnets) compareSubnet(wanted, live, desired.gatewayContainer, compare);
  const gateway = wrongGateway(desired, live);
  if (gateway !== undefined) differences.push(gateway);
  for (const { subnet } of live.subnets) {
    // Docker 20.10 gives an IPv4 subnet of its own choice to a network that was to have none.
    const kept = !isSixth(subnet) || desired.subnets.some((wanted) => isSixth(wanted.subnet));
    if (!kept) differences.push(`subnet ${subnet} is not in the file`);
  }
  for (const [name, value] of Object.entries(desired.options))
    compare(`option ${name}`, value, live.options[name]);
  // Podman's own isolation alone is no reason to refuse a network, but a good one to replace it where that may be done.
  if (desired.onConflict === 'recreate' && desired.options[isolateOption] === undefined)
    compare(`option ${isolateOption}`, 'false', live.options[isolateOption] ?? 'false');
  for (const [name, value] of Object.entries(desired.labels))
    compare(`label ${name}`, value, live.labels[name]);
  return differences;
}

function compareSubnet(
  wanted: Subnet,
  live: NetworkState,
  gatewayContainer: DesiredGateway | undefined,
  compare: (what: string, wanted: string | undefined, has: string | undefined) => void,
): void {
  const same = live.subnets.find(({ subnet }) => isSixth(subnet) === isSixth(wanted.subnet));
  compare('subnet', wanted.subnet, same?.subnet);
  if (same?.subnet !== wanted.subnet) return;
  // Whoever gives members no route does not know of a gateway but the host.
  if (gatewayContainer?.routes !== 'netwright') compare('gateway', wanted.gateway, same.gateway);
  compare('ip_range', wanted.ipRange, same.ipRange);
}

/** Who holds the gateway's addresses; networks of others that are made so without our knowing are theirs. */
function wrongGateway(
  { subnets, gatewayContainer, options }: DesiredNetwork,
  live: NetworkState,
): string | undefined {
  const held = live.subnets.filter(({ subnet }) => subnets.some((wanted) => wanted.subnet === subnet));
  if (gatewayContainer === undefined) {
    const isMeant = !live.owned || options[inhibitOption] !== undefined;
    return !isMeant && held.some(({ hostAddress }) => hostAddress !== undefined)
      ? 'its gateway was a container'
      : undefined;
  }
  const { addresses, routes } = gatewayContainer;
  const isOfHost = held.some(({ subnet, gateway, hostAddress }) => {
    const ours = addresses.find((address) => containsAddress(subnet, address));
    if (ours === undefined) return false;
    return routes === 'engine' ? hostAddress === undefined : gateway === undefined || gateway === ours;
  });
  return isOfHost ? 'its gateway was the host' : undefined;
}

function isSixth(subnet: string): boolean {
  return subnet.includes(':');
}
