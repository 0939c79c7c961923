import type { Change } from '../model/change.ts';
import type { Desired, DesiredNetwork } from '../model/desired.ts';
import type { ContainerState, NetworkState } from '../model/inventory.ts';
import type { Observed } from '../model/observed.ts';
import type { Ownership } from '../model/ownership.ts';
import type { Operation } from '../model/plan.ts';
import { describeNetwork } from './describe.ts';
import { networkNeed } from './fates.ts';
import { membersToKeep } from './members.ts';
import { createNetwork } from './network-creation.ts';

/** What is wanted, what there is, and what marks as ours what is made. */
export interface Sources {
  readonly desired: Desired;
  readonly observed: Observed;
  readonly ownership: Ownership;
}

/** Disconnect, remove, create; the members come back as the endpoints' part of the plan says (H13). */
export function replaceNetwork(
  network: DesiredNetwork,
  live: NetworkState,
  because: string,
  { desired, observed, ownership }: Sources,
): readonly Operation[] {
  const members = membersOf(live, observed);
  const names = members.map(({ name }) => name).join(', ');
  const change: Change = {
    sign: '~',
    area: 'networks',
    text: describeNetwork(network),
    detail: `replaced: ${because}${names === '' ? '' : `; interrupts ${names}`}`,
    origin: network.origin,
  };
  const need = networkNeed(network.name);
  const shared = { because, changes: [change], network: network.name };
  const kept = membersToKeep(network.name, desired, observed.inventory);
  return [
    ...(kept.length > 0 ? [{ kind: 'keep-members', ...shared, provides: need, members: kept } as const] : []),
    ...members.map(
      ({ id, name }) =>
        ({
          kind: 'disconnect-endpoint',
          ...shared,
          needs: [need],
          containerId: id,
          containerName: name,
          networkId: live.id,
        }) as const,
    ),
    { kind: 'remove-network', ...shared, needs: [need], provides: need, networkId: live.id },
    createNetwork(network, ownership, [change], because),
  ];
}

/** Those who are in a network, running or not: a stopped container keeps its place too. */
function membersOf(network: NetworkState, { inventory }: Observed): readonly ContainerState[] {
  return inventory.containers.filter(({ endpoints }) =>
    endpoints.some(({ networkId }) => networkId === network.id),
  );
}
