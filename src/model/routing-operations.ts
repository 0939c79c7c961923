import type { Because } from './change.ts';
import type { NamespaceId, Route, RoutingRule } from './namespace.ts';

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
  /** What it is now, where nothing else in the plan changes that. */
  readonly was?: string;
  /** The index of the interface with which the sysctl comes and goes. */
  readonly interfaceIndex?: number;
  /** Of a bridge that the same plan makes with its network. */
  readonly afterCreating?: true;
  /** Of a bridge that comes when a container joins, or that the engine shuts again then. */
  readonly afterJoining?: true;
}
