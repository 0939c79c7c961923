import { containsAddress } from '../model/address.ts';
import type { Change } from '../model/change.ts';
import type { Desired, DesiredAddress } from '../model/desired.ts';
import type { Interface, InterfaceAddress, NamespaceState } from '../model/namespace.ts';
import type { Observed } from '../model/observed.ts';
import type { Operation } from '../model/plan.ts';
import type { LeftSubnets } from './left-subnets.ts';
import type { Part } from './part.ts';

/** Addresses to give containers beside the engine's, and those of ours that nothing asks for any more, or not there. */
export function planAddresses(
  desired: Desired,
  observed: Observed,
  left: LeftSubnets,
  earlier: readonly Operation[],
): Part {
  const joins = (network: string, id: string): boolean =>
    earlier.some(
      (operation) =>
        operation.kind === 'connect-endpoint' &&
        operation.network === network &&
        observed.inventory.containers.some(
          (each) => each.id === operation.containerId && each.namespace === id,
        ),
    );
  const operations = [...observed.namespaces.values()].flatMap((state) => {
    const gone = (address: string) =>
      (left.get(state.id) ?? []).some((subnet) => containsAddress(subnet, address));
    return ofNamespace(desired.namespaces.get(state.id)?.addresses ?? [], state, gone, (network) =>
      joins(network, state.id),
    );
  });
  return { operations, notices: [] };
}

function ofNamespace(
  desired: readonly DesiredAddress[],
  state: NamespaceState,
  isGoing: (address: string) => boolean,
  joins: (network: string) => boolean,
): readonly Operation[] {
  const { id: namespace, name: place, interfaces } = state;
  const line = (sign: Change['sign'], address: string): Change => ({
    sign,
    area: 'namespace',
    place,
    text: `address ${address}`,
  });
  const held = interfaces.flatMap((link) =>
    (link.addresses ?? []).map((entry) => ({ link, entry, isGoing: isGoing(entry.address) })),
  );
  const wrong = held.filter(({ link, entry, isGoing: goes }) => {
    const wanted = desired.find(({ address }) => address === entry.address);
    return entry.owned && !goes && (wanted === undefined || !isBeside(link, wanted));
  });
  const missing = desired.filter((wanted) => {
    const has = held.some(
      (one) => one.entry.address === wanted.address && !one.isGoing && !wrong.includes(one),
    );
    // Where the container is not in the network, that is told with its place there.
    return !has && (joins(wanted.network) || interfaces.some((link) => isBeside(link, wanted)));
  });
  return [
    ...wrong.map(
      ({ link, entry: { address } }): Operation => ({
        kind: 'remove-address',
        because: 'no longer in the file',
        changes: [line('-', address)],
        namespace,
        address,
        dev: link.name,
      }),
    ),
    ...missing.map(
      ({ address, subnets, origin }): Operation => ({
        kind: 'add-address',
        because: 'no such address',
        changes: [{ ...line('+', address), origin }],
        namespace,
        address,
        beside: subnets,
      }),
    ),
  ];
}

/** By the addresses that others gave it: an interface's name says nothing. */
function isBeside({ addresses = [] }: Interface, { subnets, address }: DesiredAddress): boolean {
  const isOther = (one: InterfaceAddress) => one.address !== address && !one.owned;
  return addresses.some(
    (one) => isOther(one) && subnets.some((subnet) => containsAddress(subnet, one.address)),
  );
}
