import type { Origin } from './config.ts';
import type { DesiredFrames } from './frames.ts';
import type { Subnet } from './inventory.ts';
import type { NamespaceId, Route, RoutingRule } from './namespace.ts';
import type { Notice } from './notice.ts';
import type { DesiredTable, Family } from './ruleset.ts';
import type { DesiredSet } from './sets.ts';

export interface DesiredNetwork {
  readonly origin: Origin;
  readonly name: string;
  readonly driver?: string;
  readonly internal?: boolean;
  /** The host's interface of it once it is there: that of the live network, else the one it is made with; for a bridge. */
  readonly bridge?: string;
  readonly subnets: readonly Subnet[];
  /** An ip_range per subnet, chosen so that the engine never hands out a declared address (H12); used at creation, never compared. */
  readonly chosenIpRanges: Readonly<Record<string, string>>;
  /** A gateway per subnet that the file gives none: an engine left to itself takes one out of the ip_range, and does not say which. Never compared. */
  readonly chosenGateways: Readonly<Record<string, string>>;
  readonly mtu?: number;
  readonly options: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly onConflict: 'fail' | 'recreate';
  /** The container that is the gateway in the place of the host, and how the engine is to make a network for it. */
  readonly gatewayContainer?: DesiredGateway;
}

export interface DesiredGateway {
  readonly containerName: string;
  /** The gateways of the network's subnets that it holds. */
  readonly addresses: readonly string[];
  /** By subnet, an address for the host on an engine that gives it one; else it has none. Never compared. */
  readonly hostAddresses: Readonly<Record<string, string>>;
  /** Who makes members' default routes: the engine, so that they have it from the start, or netwright. */
  readonly routes: 'engine' | 'netwright';
}

export interface DesiredEndpoint {
  readonly origin: Origin;
  readonly containerId: string;
  readonly containerName: string;
  readonly network: string;
  /** At most one of each family. */
  readonly addresses: readonly string[];
  readonly aliases: readonly string[];
  readonly macAddress?: string;
  /** Those of the network's gateway that it holds there besides. */
  readonly gateways?: readonly string[];
}

export interface DesiredRoute extends Route {
  readonly origin: Origin;
  /** Only where no other route than a default one leads there, what a DNAT brings along; for a default one, where there is no other. */
  readonly unlessReachable?: true;
}

/** A default route of others that leads a gateway to itself. */
export interface UnwantedRoute {
  readonly family: Family;
  readonly via: string;
  readonly origin: Origin;
}

/** An address beside the one that the engine gave, on the interface by which the namespace is in the network. */
export interface DesiredAddress {
  readonly origin: Origin;
  readonly address: string;
  readonly network: string;
  /** Of the network: the interface is the one that has an address in them. */
  readonly subnets: readonly string[];
}

export interface DesiredRoutingRule extends RoutingRule {
  readonly origin: Origin;
}

export interface DesiredSysctl {
  readonly origin: Origin;
  /** Dotted, as sysctl(8) prints it; a dot inside an interface's name is written `/`. */
  readonly key: string;
  readonly value: string;
  /** What is told where the kernel has no such key; else it is waited for, as the sysctls of an interface are. */
  readonly lacking?: readonly Notice[];
}

export interface DesiredNamespace {
  readonly id: NamespaceId;
  readonly name: string;
  readonly tables: readonly DesiredTable[];
  readonly sets: readonly DesiredSet[];
  readonly routes: readonly DesiredRoute[];
  readonly rules: readonly DesiredRoutingRule[];
  readonly sysctls: readonly DesiredSysctl[];
  readonly addresses?: readonly DesiredAddress[];
  readonly unwantedRoutes?: readonly UnwantedRoute[];
}

/** A port that is connected to once when its container has started, so that the way to it is known before the first client. */
export interface WarmUp {
  /** Whence: where the rules are that lead clients to it. */
  readonly from: NamespaceId;
  readonly containerId: string;
  readonly containerName: string;
  /** Its first process as the engine knows it: another one after every start, and known where namespaces are not to be seen. */
  readonly containerPid: number;
  readonly address: string;
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
}

export interface Desired {
  readonly networks: readonly DesiredNetwork[];
  readonly endpoints: readonly DesiredEndpoint[];
  readonly namespaces: ReadonlyMap<NamespaceId, DesiredNamespace>;
  /** Undefined: no table of frames is wanted. */
  readonly frames?: DesiredFrames;
  /** Nothing of the host's state: done beside a pass, never planned. */
  readonly warmUps: readonly WarmUp[];
  readonly notices: readonly Notice[];
}
