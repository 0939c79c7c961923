import type { NamespaceId } from './namespace.ts';
import type {
  ConnectEndpoint,
  CreateNetwork,
  DisconnectEndpoint,
  ForgetMembers,
  KeepMembers,
  RemoveNetwork,
} from './network-operations.ts';
import type { Notice } from './notice.ts';
import type {
  AddAddress,
  AddRoute,
  AddRoutingRule,
  RemoveAddress,
  RemoveRoute,
  RemoveRoutingRule,
  SetSysctl,
} from './routing-operations.ts';
import type {
  CutConnections,
  RemoveSet,
  RestoreFrames,
  RestoreTable,
  UpdateSet,
} from './rules-operations.ts';

/** One engine call or one kernel transaction. */
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
