import type { Origin } from '../model/config.ts';
import type { Inventory, NetworkState } from '../model/inventory.ts';
import type { Notice } from '../model/notice.ts';

/** Whether Podman cannot change the container's places now. */
export function isUnsettled(id: string, { containers }: Pick<Inventory, 'containers'>): boolean {
  return containers.some((each) => each.id === id && each.unsettled === true);
}

/** The names of those who are in the network, and cannot leave it now. */
export function unsettledMembers(
  network: Pick<NetworkState, 'id'>,
  { containers }: Inventory,
): readonly string[] {
  return containers
    .filter((each) => each.unsettled && each.endpoints.some(({ networkId }) => networkId === network.id))
    .map(({ name }) => name);
}

/** What is done as soon as these have ended, or go on. */
export function waitsToSettle(subject: string, names: readonly string[], origin?: Origin): Notice {
  return {
    kind: 'waiting',
    subject,
    message: `${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} paused or just ending, and Podman can change the places only of who runs or has ended`,
    ...(origin !== undefined && { origin }),
  };
}
