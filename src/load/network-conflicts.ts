import { compareAddresses, overlaps } from '../model/address.ts';
import type { NetworkEntry } from '../model/config.ts';
import { bridgeOption } from '../model/networks.ts';
import { quote, type Report, within } from './problem.ts';

/** Reports networks that cannot both be: of one name, or with subnets that share addresses. */
export function checkNetworks(networks: readonly NetworkEntry[], report: Report): void {
  const byName = new Map<string, NetworkEntry>();
  for (const network of networks) {
    const other = byName.get(network.name);
    if (other === undefined) byName.set(network.name, network);
    else {
      const message = `two networks are called ${quote(network.name)}`;
      report({
        severity: 'error',
        code: 'network-name',
        origin: network.origin,
        atKey: true,
        message,
        also: other.origin,
      });
    }
  }
  checkBridges(networks, report);
  const all = networks.flatMap((network) => network.subnets.map(({ subnet }) => ({ network, subnet })));
  all.sort((a, b) => compareAddresses(a.subnet, b.subnet));
  let widestSoFar = all[0];
  for (const one of all.slice(1)) {
    if (widestSoFar !== undefined && overlaps(widestSoFar.subnet, one.subnet)) {
      const [first, second] = [widestSoFar, one].sort(
        (a, b) => networks.indexOf(a.network) - networks.indexOf(b.network),
      );
      if (first === undefined || second === undefined) continue;
      const message = `subnet ${second.subnet} of ${quote(second.network.name)} overlaps ${first.subnet} of ${quote(first.network.name)}`;
      report({
        severity: 'error',
        code: 'overlap',
        origin: within(second.network.origin, 'subnet'),
        message,
        also: within(first.network.origin, 'subnet'),
      });
    } else widestSoFar = one;
  }
}

/** Two networks behind one bridge would be one: none of the rules between them could tell them apart. */
function checkBridges(networks: readonly NetworkEntry[], report: Report): void {
  const byBridge = new Map<string, NetworkEntry>();
  for (const network of networks) {
    const bridge = network.options[bridgeOption];
    if (bridge === undefined) continue;
    const other = byBridge.get(bridge);
    if (other === undefined) byBridge.set(bridge, network);
    else
      report({
        severity: 'error',
        code: 'bridge',
        origin: within(network.origin, 'options', bridgeOption),
        message: `two networks have the bridge ${quote(bridge)}`,
        also: within(other.origin, 'options', bridgeOption),
      });
  }
}
