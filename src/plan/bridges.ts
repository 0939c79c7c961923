import type { Desired } from '../model/desired.ts';
import type { HostFacts } from '../model/facts.ts';
import type { Observed } from '../model/observed.ts';
import type { Operation } from '../model/plan.ts';
import { absentBridges, goingBridges, joinedNetworks } from './absent-bridges.ts';

/** What the operations do to bridges, and so to the sysctls that come and go with them. */
export interface BridgesAfter {
  /** By its name, the network of a bridge that is made, and when: Docker makes it with its network, Podman when a container joins. */
  readonly coming: ReadonlyMap<string, { readonly network: string; readonly with: 'network' | 'container' }>;
  /** Those that go, if only for a while. */
  readonly going: ReadonlySet<string>;
  /** Those that stay, and whose forwarding the engine turns off: Podman, when a container joins an internal network (measured: 4.3, 5.4). */
  readonly shutAgain: ReadonlySet<string>;
}

/** What becomes of bridges by these operations. */
export function bridgesAfter(
  desired: Desired,
  observed: Observed,
  operations: readonly Operation[],
  { engine }: Pick<HostFacts, 'engine'>,
): BridgesAfter {
  if (engine === 'docker') {
    const removed = operations.filter(({ kind }) => kind === 'remove-network');
    const made = operations.flatMap((each) =>
      each.kind === 'create-network' && each.bridge !== undefined
        ? [[each.bridge, { network: each.network, with: 'network' }] as const]
        : [],
    );
    return { coming: new Map(made), going: goingBridges(observed, removed), shutAgain: new Set() };
  }
  const going = goingBridges(observed, operations);
  const absent = absentBridges(desired, observed, operations, going);
  const joined = joinedNetworks(observed.inventory, operations);
  return {
    coming: new Map(
      absent.flatMap(({ bridge, network, comes }) =>
        comes ? [[bridge, { network, with: 'container' }] as const] : [],
      ),
    ),
    going,
    shutAgain: new Set(
      observed.inventory.networks.flatMap(({ name, bridge, internal }) =>
        bridge !== undefined && internal && joined.has(name) ? [bridge] : [],
      ),
    ),
  };
}
