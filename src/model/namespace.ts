import type { ObservedFrames, Ports } from './frames.ts';
import type { Family, ObservedTable } from './ruleset.ts';
import type { ObservedSet } from './sets.ts';

/**
 * `host`, or the kernel's name of a container's network namespace (`net:[4026532281]`). A restarted container has a new one (H8), which
 * may well have the old number again: who writes in it makes sure by the process whose namespace it is (H9).
 */
export type NamespaceId = string;
export const hostNamespace: NamespaceId = 'host';

export interface Route {
  readonly family: Family;
  readonly type: 'unicast' | 'blackhole' | 'unreachable' | 'prohibit';
  /** `default`, or a canonical CIDR, `/32` and `/128` included. */
  readonly to: string;
  readonly via?: string;
  readonly dev?: string;
  /** `main`, or a number in decimal. */
  readonly table: string;
  readonly metric?: number;
  readonly src?: string;
}

export interface RoutingRule {
  readonly family: Family;
  readonly from?: string;
  readonly to?: string;
  /** As the kernel prints it: `0x2`, or `0x2/0xff`. */
  readonly fwmark?: string;
  readonly iif?: string;
  readonly oif?: string;
  readonly table: string;
  readonly priority?: number;
}

export interface ObservedRoute extends Route {
  readonly owned: boolean;
}

export interface ObservedRoutingRule extends RoutingRule {
  readonly owned: boolean;
}

/** A network interface; one that is deleted and made again has the same name and another index. */
export interface Interface {
  readonly name: string;
  readonly index: number;
  /** No route leads through one that is not. */
  readonly isUp: boolean;
  /** The bridge into which it is plugged. */
  readonly bridge?: string;
  /** The index of the other end of its link, in the namespace where that is. */
  readonly peer?: number;
  /** Read in containers alone. */
  readonly addresses?: readonly InterfaceAddress[];
}

export interface InterfaceAddress {
  readonly address: string;
  readonly prefix: number;
  /** Put there by this instance. */
  readonly owned: boolean;
}

export interface NamespaceState {
  readonly id: NamespaceId;
  /** `host`, or the name of a container in it. */
  readonly name: string;
  readonly tables: readonly ObservedTable[];
  /** Of all its rules, where they are in the legacy store: that tells nobody of changes, so it is read again and compared. */
  readonly legacyDigests?: ReadonlyMap<Family, string>;
  /** Our sets; only the host has any. */
  readonly sets: readonly ObservedSet[];
  /** Our table of frames, on the host; undefined where there is none. */
  readonly frames?: ObservedFrames | undefined;
  /** Where the containers are plugged in that the table speaks of. */
  readonly ports?: Ports;
  readonly interfaces: readonly Interface[];
  readonly routes: readonly ObservedRoute[];
  readonly rules: readonly ObservedRoutingRule[];
  /** The sysctls that are desired or were changed by us; null: the kernel has no such key here. */
  readonly sysctls: ReadonlyMap<string, string | null>;
  /** What our changed sysctls were before. */
  readonly formerSysctls: ReadonlyMap<string, string>;
}
