import type { Because } from './change.ts';
import type { FrameTable } from './frames.ts';
import type { NamespaceId } from './namespace.ts';
import type { Backend, Chain, Family, Rule, TableName } from './ruleset.ts';
import type { SetElement, SetType } from './sets.ts';

/** A chain as it is to be. */
export interface FilledChain extends Chain {
  /** What it holds: of that, what is to stay is left in its place, and goes on counting. Absent: it is emptied first. */
  readonly over?: readonly Rule[];
}

/** One `iptables-restore --noflush` transaction. */
export interface RestoreTable extends Because {
  readonly kind: 'restore-table';
  readonly namespace: NamespaceId;
  readonly backend: Backend;
  readonly family: Family;
  readonly table: TableName;
  /** Our chains to be filled anew, made where they are missing. */
  readonly chains: readonly FilledChain[];
  /** Jumps to take out of foreign chains, one entry for each that is there. */
  readonly unhook: readonly { readonly chain: string; readonly to: string }[];
  /** Jumps to put first in foreign chains. */
  readonly hook: readonly { readonly chain: string; readonly to: string }[];
  /** Our chains to be emptied and deleted. */
  readonly removeChains: readonly string[];
  /** We made this table, nothing else is in it, so it goes with our chains. */
  readonly removeTable: boolean;
  /** Done once all containers have joined: what puts this right is what their joining displaces. */
  readonly afterJoining?: true;
}

/** One `ipset restore`: makes the set where it is missing, then changes its elements. */
export interface UpdateSet extends Because {
  readonly kind: 'update-set';
  readonly namespace: NamespaceId;
  readonly set: string;
  readonly family: Family;
  readonly type: SetType;
  /**
   * `create` makes the set first; `swap` puts a new one in its place under the rules that use it, so that `add` is all there is;
   * `recreate` takes it away before, which the kernel refuses while rules use it, since one of another type cannot take its place.
   */
  readonly how: 'create' | 'swap' | 'recreate' | 'change';
  /** Also elements that are there, for another comment. */
  readonly add: readonly SetElement[];
  readonly remove: readonly SetElement[];
}

/** Takes a set away with its elements; the kernel refuses while rules use it. */
export interface RemoveSet extends Because {
  readonly kind: 'remove-set';
  readonly namespace: NamespaceId;
  readonly set: string;
}

/** One `nft -f`: puts our table of frames in the place of the one that is there, or takes that away. */
export interface RestoreFrames extends Because {
  readonly kind: 'restore-frames';
  readonly namespace: NamespaceId;
  /** Undefined: none is wanted. */
  readonly table?: FrameTable;
  /** Gateways to be announced to their neighbours then: what they said while they were not yet known behind their port was dropped. */
  readonly announce?: readonly { readonly namespace: NamespaceId; readonly address: string }[];
}

/** Ends the connections that our rules had let through or translated and no longer do, and those that they refuse now and did not before. */
export interface CutConnections extends Because {
  readonly kind: 'cut-connections';
  readonly namespace: NamespaceId;
  readonly family: Family;
  /** What our chains of all tables had to say of the connections concerned. */
  readonly before: Spoken;
  /** What they say of them once the operations before this one are done. */
  readonly after: Spoken;
}

/** Rules by chain, in order, and the sets that they look into. */
export interface Spoken {
  readonly chains: readonly Chain[];
  readonly sets: readonly SpokenSet[];
}

export interface SpokenSet {
  readonly name: string;
  readonly type: SetType | 'other';
  readonly elements: readonly SetElement[];
}

/** Whether rules, or the way to them, go with it. */
export function takesRulesAway({ removeTable, removeChains, unhook }: RestoreTable): boolean {
  return removeTable || removeChains.length + unhook.length > 0;
}
