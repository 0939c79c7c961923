import type { Host } from '../host/host.ts';
import { enter, type Place } from '../host/place.ts';
import type { NamespaceId } from '../model/namespace.ts';

/** Does the work in the namespace, which from then on is one to look for our things in. */
export function change<T>(
  host: Host,
  namespace: NamespaceId,
  work: (place: Place) => Promise<T>,
): Promise<T> {
  host.knownClean.delete(namespace);
  return enter(host, namespace, work);
}
