import type { Origin } from './config.ts';
import type { DesiredFrames, ObservedFrames, Ports } from './frames.ts';
import type { Backend, DesiredTable, Family, ObservedTable } from './ruleset.ts';
import type { DesiredSet, ObservedSet } from './sets.ts';

/**
 * `host`, or the kernel's name of a container's network namespace (`net:[4026532281]`). A restarted container has a new one (H8), which
 * may well have the old number again: who writes in it makes sure by the process whose namespace it is (H9).
 */
export type NamespaceId = string;
export const hostNamespace: NamespaceId = 'host';

export interface Subnet {
  /** Canonical CIDR. */
  readonly subnet: string;
  /** Where members' default route leads. */
  readonly gateway?: string;
  readonly ipRange?: string;
  /** The gateway is not the host: it has this address of its own, or `none`. */
  readonly hostAddress?: string;
}

export interface NetworkState {
  readonly id: string;
  readonly name: string;
  readonly driver: string;
  readonly internal: boolean;
  readonly subnets: readonly Subnet[];
  readonly options: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  /** Made by this instance. */
  readonly owned: boolean;
  /** The host's interface of it, for a bridge. */
  readonly bridge?: string;
}

/** A container's place in a network. */
export interface EndpointState {
  readonly networkId: string;
  readonly networkName: string;
  /** The addresses it has; for a stopped container those it will ask for. */
  readonly addresses: readonly string[];
  /** The addresses that were asked for; undefined where the engine does not tell (Podman). */
  readonly requested?: readonly string[];
  readonly aliases: readonly string[];
  readonly macAddress?: string;
  readonly driverOptions: Readonly<Record<string, string>>;
  /** The engine's own preference among a container's networks, where it has one (Docker 28). */
  readonly gatewayPriority?: number;
  /** Connected by this instance. */
  readonly owned: boolean;
}

export interface ContainerState {
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly running: boolean;
  /** When it was made, as the engine says it, in ms since 1970; 0 where it does not say. */
  readonly created: number;
  /** Present while running. */
  readonly pid?: number;
  /** Present while running: where its packets are. */
  readonly namespace?: NamespaceId;
  /** `bridge`, `host`, `none`, `container:<id>`, or a network's name. */
  readonly networkMode: string;
  readonly endpoints: readonly EndpointState[];
  readonly publishedPorts: readonly PublishedPort[];
  /** Those that it was run with, in place of the engine's choice. */
  readonly nameservers?: readonly string[];
}

/** A port of the host that the engine leads to a container. */
export interface PublishedPort {
  /** Absent: every address of the host, IPv4 and IPv6. */
  readonly address?: string;
  readonly port: number;
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  readonly containerPort: number;
}

/** Members of a network that is being replaced, kept on the engine until they are back. */
export interface KeptMembers {
  readonly network: string;
  readonly members: readonly Member[];
}

/** All that is needed to give a container its place in a network back. */
export interface Member {
  readonly containerId: string;
  readonly containerName: string;
  readonly addresses: readonly string[];
  readonly aliases: readonly string[];
  readonly macAddress?: string;
  readonly driverOptions: Readonly<Record<string, string>>;
  readonly gatewayPriority?: number;
  /** It was we who had connected it. */
  readonly owned: boolean;
}

/** What the engine has: networks, containers, and members waiting to be given back their place. */
export interface Inventory {
  readonly networks: readonly NetworkState[];
  readonly containers: readonly ContainerState[];
  readonly keptMembers: readonly KeptMembers[];
}

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

/** Something in the file that cannot be done now or at all, said to the user in place of doing it. */
export interface Notice {
  /** `waiting`: will be done by itself when the world is ready. `refused`: somebody has to change something. `warning`: done, but look. */
  readonly kind: 'waiting' | 'refused' | 'warning';
  readonly subject: string;
  readonly message: string;
  readonly hint?: string;
  readonly origin?: Origin;
}

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
