import type { PolicyEntry } from '../model/config.ts';
import type { ContainerState } from '../model/state.ts';
import type { NameResolver, Peer } from './names.ts';
import type { NamespaceCollector, Place } from './namespaces.ts';

/** All that is needed to turn one policy into rules, its names already looked up. */
export interface ResolvedPolicy {
  readonly policy: PolicyEntry;
  readonly title: string;
  readonly place: Place;
  /** The container whose namespace that is; absent on the host. */
  readonly container?: ContainerState;
  /** Absent: no `from` was given. */
  readonly sources?: readonly Peer[];
  readonly targets: readonly Peer[];
  readonly names: NameResolver;
  readonly into: NamespaceCollector;
}
