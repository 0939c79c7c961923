import type { Origin } from './config.ts';
import type { FrameTable } from './frames.ts';
import type { KeptMembers, Subnet } from './inventory.ts';
import type { NamespaceId, Route, RoutingRule } from './namespace.ts';
import type { Notice } from './notice.ts';
import type { Backend, Chain, Family, Rule, TableName } from './ruleset.ts';
import type { SetElement, SetType } from './sets.ts';

/** One line of a plan, as a person reads it. */
export interface Change {
  readonly sign: '+' | '~' | '-';
  /** `networks`, `containers`, or the namespace it happens in. */
  readonly area: 'networks' | 'containers' | 'namespace';
  /** The name of the namespace: `host` or a container's. */
  readonly place?: string;
  readonly text: string;
  /** What was there before, or who is interrupted; printed in brackets, and no part of the thing's name. */
  readonly detail?: string;
  readonly origin?: Origin;
}

/** One engine call or one kernel transaction, with its cause. */
interface Because {
  readonly because: string;
  /** What the user is told; several operations of one change may say the same line, which is printed and counted once. */
  readonly changes: readonly Change[];
  /** What must not have failed before in this plan, as its `provides` names it; else this is skipped and says so. */
  readonly needs?: readonly string[];
  /** What others may need this for: `network front`. */
  readonly provides?: string;
}

export interface KeepMembers extends Because, KeptMembers {
  readonly kind: 'keep-members';
}

export interface ForgetMembers extends Because {
  readonly kind: 'forget-members';
  readonly network: string;
}

export interface DisconnectEndpoint extends Because {
  readonly kind: 'disconnect-endpoint';
  readonly containerId: string;
  readonly containerName: string;
  readonly networkId: string;
  readonly network: string;
}

export interface RemoveNetwork extends Because {
  readonly kind: 'remove-network';
  readonly networkId: string;
  readonly network: string;
}

export interface CreateNetwork extends Because {
  readonly kind: 'create-network';
  readonly network: string;
  readonly driver: string;
  readonly internal: boolean;
  readonly subnets: readonly Subnet[];
  /** The name of its interface on the host, for a bridge. */
  readonly bridge?: string;
  readonly mtu?: number;
  readonly options: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  /** A container is the gateway of its subnets: whose members' default routes are, as in `DesiredGateway`. */
  readonly routes?: 'engine' | 'netwright';
}

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

export interface AddRoute extends Because {
  readonly kind: 'add-route';
  readonly namespace: NamespaceId;
  readonly route: Route;
  /** Done once all containers have joined: its way leads through what they bring. */
  readonly afterJoining?: true;
}

export interface RemoveRoute extends Because {
  readonly kind: 'remove-route';
  readonly namespace: NamespaceId;
  readonly route: Route;
  /** Somebody else made it. */
  readonly foreign?: true;
}

/** Puts an address on the interface that has one of these subnets, and tells the neighbours whose it is now. */
export interface AddAddress extends Because {
  readonly kind: 'add-address';
  readonly namespace: NamespaceId;
  readonly address: string;
  readonly beside: readonly string[];
}

/** Takes an address of ours away. */
export interface RemoveAddress extends Because {
  readonly kind: 'remove-address';
  readonly namespace: NamespaceId;
  readonly address: string;
  readonly dev: string;
}

export interface AddRoutingRule extends Because {
  readonly kind: 'add-routing-rule';
  readonly namespace: NamespaceId;
  readonly rule: RoutingRule;
}

export interface RemoveRoutingRule extends Because {
  readonly kind: 'remove-routing-rule';
  readonly namespace: NamespaceId;
  readonly rule: RoutingRule;
}

export interface SetSysctl extends Because {
  readonly kind: 'set-sysctl';
  readonly namespace: NamespaceId;
  readonly key: string;
  readonly value: string;
  /** `remember` keeps the value it had, `restore` puts that back and forgets it, `keep` knows it already. */
  readonly former: 'remember' | 'restore' | 'keep';
  /** The index of the interface with which the sysctl comes and goes. */
  readonly interfaceIndex?: number;
  /** Of a bridge that the same plan makes with its network. */
  readonly afterCreating?: true;
  /** Of a bridge that comes when a container joins, or that the engine shuts again then. */
  readonly afterJoining?: true;
}

export interface ConnectEndpoint extends Because {
  readonly kind: 'connect-endpoint';
  readonly containerId: string;
  readonly containerName: string;
  readonly network: string;
  /** At most one of each family; none lets the engine choose. */
  readonly addresses: readonly string[];
  readonly aliases: readonly string[];
  readonly macAddress?: string;
  readonly driverOptions: Readonly<Record<string, string>>;
  readonly gatewayPriority?: number;
  /** Marked as ours, so that it is disconnected when the file no longer names it. */
  readonly owned: boolean;
}

export type Operation =
  | KeepMembers
  | DisconnectEndpoint
  | RemoveNetwork
  | CreateNetwork
  | UpdateSet
  | RestoreTable
  | RemoveSet
  | RestoreFrames
  | CutConnections
  | AddRoute
  | RemoveRoute
  | AddAddress
  | RemoveAddress
  | AddRoutingRule
  | RemoveRoutingRule
  | SetSysctl
  | ConnectEndpoint
  | ForgetMembers;

/** The difference between the file and the host: operations in the order they are to be done, and what cannot be done. */
export interface Plan {
  readonly operations: readonly Operation[];
  readonly notices: readonly Notice[];
  /** Namespaces of which nothing is known, so nothing in them can be said to be in force. */
  readonly unseen?: ReadonlySet<NamespaceId>;
}

/** What became of one operation. */
export interface Outcome {
  readonly operation: Operation;
  readonly result: 'done' | 'failed' | 'skipped';
  /** Why it failed or was skipped, as the engine or the kernel said it. */
  readonly error?: string;
  /** It failed for policies alone that let packets pass; all else of it is in force. */
  readonly restInForce?: true;
}
