import type { Desired } from '../model/desired.ts';
import type { NamespaceId } from '../model/namespace.ts';
import type { Observed } from '../model/observed.ts';

/** What is wanted and what is there, as far as it is told by namespace. */
export interface Compared {
  readonly desired: Pick<Desired, 'namespaces'>;
  readonly observed: Pick<Observed, 'namespaces'>;
}

/** The namespaces in which nothing is to be done since nothing was `before`: what is wanted and what is there are still the same objects. */
export function settledSince(before: Compared, now: Compared): (id: NamespaceId) => boolean {
  return (id) =>
    before.desired.namespaces.get(id) === now.desired.namespaces.get(id) &&
    before.observed.namespaces.get(id) === now.observed.namespaces.get(id);
}
