import type { PolicyEntry } from '../model/config.ts';
import type { ContainerState } from '../model/inventory.ts';
import type { Notice } from '../model/notice.ts';
import type { NameResolver } from './names.ts';
import { host, type Place, placeOf, whyNowhere } from './place.ts';

/** Where something goes: a namespace, and the container whose it is. */
export interface Placed {
  readonly place: Place;
  /** Undefined on the host. */
  readonly container: ContainerState | undefined;
}

interface Places {
  readonly places: readonly Placed[];
  readonly told: readonly Pick<Notice, 'kind' | 'message' | 'hint'>[];
}

const onHost: Places = { places: [{ place: host, container: undefined }], told: [] };

/** A DNAT that names neither an interface nor a place is inside the container that its selector names. */
export function selectsPlace({ nat, iface, in: place }: PolicyEntry): boolean {
  return nat === 'dnat' && iface === undefined && place === undefined;
}

/** `in` says it outright; all that neither says nor selects a place is on the host. */
export function placesOf(policy: PolicyEntry, names: NameResolver): Places {
  const { in: outright, selector, containerName, serviceName } = policy;
  const selected = selectsPlace(policy) ? (selector ?? containerName ?? serviceName) : undefined;
  return placesNamed(outright ?? selected ?? 'host', names);
}

/** The host, or the containers a name stands for; what is told of those that are not there. */
export function placesNamed(name: string, names: NameResolver): Places {
  if (name === 'host') return onHost;
  const containers = names.containers(name);
  if (containers.length === 0)
    return { places: [], told: [{ kind: 'waiting', message: `no container is called ${name} yet` }] };
  return {
    places: containers.map((container) => {
      const place = placeOf(container);
      return { place, container: place === host ? undefined : container };
    }),
    // What the host needs for it is put there all the same, so that a restart changes nothing on the host.
    told: containers.filter(({ namespace }) => namespace === undefined).map(whyNowhere),
  };
}
