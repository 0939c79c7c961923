import type { DiscoveryEntry } from '../model/config.ts';
import type { ContainerState, Inventory } from '../model/inventory.ts';
import type { Notice } from '../model/notice.ts';
import type { NameResolver } from './names.ts';

/** A running container that an entry of `discovery` watches. */
export interface Watched {
  readonly container: ContainerState;
  /** Its addresses in the entry's network. */
  readonly addresses: readonly string[];
  /** Its addresses in all networks: an engine leads a published port to whichever it likes. */
  readonly everywhere: readonly string[];
}

type Telling = Pick<Notice, 'kind' | 'message' | 'hint'>;

/** The containers in the order in which they were made: of two that claim the same port the older has it. */
export function byAge(inventory: Inventory): readonly ContainerState[] {
  return inventory.containers.toSorted(
    (one, other) => one.created - other.created || (one.id < other.id ? -1 : 1),
  );
}

/** Whether the entry watches the container; undefined where it does not, and what is to be told of it. */
export function watchedBy(
  { network, enableLabel }: Pick<DiscoveryEntry, 'network' | 'enableLabel'>,
  container: ContainerState,
  { containers }: Inventory,
  names: NameResolver,
): Watched | Telling | undefined {
  const owner = ownerOf(container, containers);
  if (owner === undefined) return undefined;
  const place = names.placesOf(owner).find((each) => each.network === network);
  const value = labelOf(container, enableLabel);
  if (place === undefined || value === undefined) return undefined;
  const said = value.trim().toLowerCase();
  if (said === 'false') return undefined;
  if (said !== 'true') {
    const message = `its label ${enableLabel} is ${JSON.stringify(value.slice(0, 40))}, neither true nor false`;
    return { kind: 'warning', message };
  }
  if (place.addresses.length === 0)
    return { kind: 'waiting', message: `it has no address in ${network} yet` };
  return { container, addresses: place.addresses, everywhere: names.addressesOf(owner) };
}

/** The value of a container's label; undefined where it has none of that key. */
export function labelOf({ labels }: ContainerState, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}

/** The running container whose addresses it has: another's where it shares that one's namespace. */
function ownerOf(
  container: ContainerState,
  containers: readonly ContainerState[],
): ContainerState | undefined {
  if (!container.running) return undefined;
  const [, shared] = /^container:(.+)$/.exec(container.networkMode) ?? [];
  if (shared === undefined) return container;
  return containers.find(({ id, name, running }) => running && (id === shared || name === shared));
}
