import type { PolicyEntry } from '../model/config.ts';
import type { HostFacts } from '../model/facts.ts';
import type { ContainerState } from '../model/inventory.ts';
import type { Notice } from '../model/notice.ts';
import type { Boundary } from './boundary.ts';
import type { NameResolver, Peer } from './names.ts';
import type { NamespaceCollector } from './namespaces.ts';
import type { Place } from './place.ts';
import type { Stops } from './stops.ts';

/** What everything is resolved with. */
export interface Resolving {
  readonly names: NameResolver;
  readonly boundary: Boundary;
  readonly facts: HostFacts;
  readonly into: NamespaceCollector;
}

/** Takes what the user is to be told. */
export type Tell = (notice: Notice) => void;

/** A network of the engine's. */
export interface Home {
  readonly network: string;
  /** CIDRs. */
  readonly subnets: readonly string[];
}

/** All that is needed to turn one policy into rules, its names already looked up. */
export interface ResolvedPolicy extends Resolving {
  readonly policy: PolicyEntry;
  readonly title: string;
  readonly place: Place;
  /** The container whose namespace that is; undefined on the host. */
  readonly container: ContainerState | undefined;
  /** Undefined: no `from` was given. */
  readonly sources: readonly Peer[] | undefined;
  readonly targets: readonly Peer[];
  /** The network that the targets are in, where it is known whatever the file says of networks. */
  readonly home?: Home;
  /** Of a DNAT: the one address of the namespace that packets have to come for. */
  readonly at?: string;
  /** Of a DNAT: nothing new is translated, what was goes on. */
  readonly keepsOnly?: true;
  /** What policies before this one do not simply let pass. */
  readonly stops: Stops;
}
