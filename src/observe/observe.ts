import type { Host } from '../host/host.ts';
import type { Desired } from '../model/desired.ts';
import type { Inventory } from '../model/inventory.ts';
import type { Observed } from '../model/observed.ts';
import type { Begun } from './begun.ts';
import { observeNamespaces } from './namespaces.ts';

/** The kernel's state on the host, in the namespaces the file speaks of, and where something of ours was left behind. */
export async function observeHost(
  host: Host,
  inventory: Inventory,
  desired: Desired,
  signal: AbortSignal,
  begun: Pick<Begun, 'host' | 'inside'>,
): Promise<Observed> {
  const { engine, engineRules } = host.facts;
  return {
    inventory,
    ...(await observeNamespaces(host, inventory, desired, begun, signal)),
    ...(engine === 'podman' && engineRules === 'iptables' && { engineJumps: netavarkJumps }),
  };
}

/** As netavark has them that comes with Podman 4 (measured on 4.3). */
const netavarkJumps: Readonly<Record<string, string>> = {
  FORWARD: 'NETAVARK_FORWARD',
  POSTROUTING: 'NETAVARK-HOSTPORT-MASQ',
};
