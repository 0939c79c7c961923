import type { Inventory } from './inventory.ts';
import type { NamespaceId, NamespaceState } from './namespace.ts';
import type { Backend } from './ruleset.ts';

export interface Observed {
  readonly inventory: Inventory;
  readonly backend: Backend;
  readonly namespaces: ReadonlyMap<NamespaceId, NamespaceState>;
  /** Containers' namespaces that could not be read, and why; nothing is done in them. */
  readonly unreadable?: ReadonlyMap<NamespaceId, Unreadable>;
  /** By base chain, the jump that the engine puts first there when a container joins a network and it is not there yet. */
  readonly engineJumps?: Readonly<Record<string, string>>;
}

export interface Unreadable {
  /** The name of a container in it. */
  readonly name: string;
  readonly why: string;
}

/** As if nobody had looked at these namespaces. */
export function withoutNamespaces(observed: Observed, isLeftOut: (id: NamespaceId) => boolean): Observed {
  return { ...observed, namespaces: new Map([...observed.namespaces].filter(([id]) => !isLeftOut(id))) };
}
