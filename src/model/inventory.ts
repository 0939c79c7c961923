import type { NamespaceId } from './namespace.ts';

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
  /** As long as it has a process, paused or told to stop ones too. */
  readonly running: boolean;
  /** Podman would lose track of its addresses if its places changed now: it is paused, or just ending. */
  readonly unsettled?: true;
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
