import type { Awake, OnDemandEntry } from './on-demand.ts';
import type { RoutingEntry } from './routing.ts';

/** The checked, normalised file: what every later stage works on. A field is absent when the file does not declare it. */
export interface Config {
  /** Whether a name that only matches by prefix is an error. */
  readonly strict: boolean;
  /** Whether policies may be elements of the kernel's sets; false: rules alone. */
  readonly sets: boolean;
  readonly networks: readonly NetworkEntry[];
  readonly ips: readonly IpEntry[];
  readonly policies: readonly PolicyEntry[];
  readonly routing: readonly RoutingEntry[];
  readonly discovery: readonly DiscoveryEntry[];
  readonly onDemand: readonly OnDemandEntry[];
  /** Of these, those that are awake and led to by the kernel; no matter of the file, but of the daemon that has the rest. */
  readonly awake?: readonly Awake[];
  /**
   * Nothing of the engine's is changed, whatever bears our mark there: the namespace need not be the engine's, and beside the engine
   * another netwright may keep its networks.
   */
  readonly leavesEngine?: true;
  readonly startupScript?: ScriptEntry;
  readonly shutdownScript?: ScriptEntry;
}

/** What a file declares that declares nothing. */
export const emptyConfig: Config = {
  strict: false,
  sets: true,
  networks: [],
  ips: [],
  policies: [],
  routing: [],
  discovery: [],
  onDemand: [],
};

/** Where something was declared: the file and the JSON pointer within it; turned into line and column only when printed. */
export interface Origin {
  readonly file: string;
  readonly pointer: string;
}

export type Family = 4 | 6;

/** A network the file declares; at most one subnet of each family, IPv4 first. */
export interface NetworkEntry {
  readonly origin: Origin;
  readonly key: string;
  /** The engine's name for it: `network_name`, else the key. */
  readonly name: string;
  readonly driver?: Driver;
  readonly internal?: boolean;
  readonly subnets: readonly SubnetEntry[];
  readonly mtu?: number;
  readonly options: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly onConflict: 'fail' | 'recreate';
  /** Traffic inside the network needs a policy, too. */
  readonly isolated: boolean;
  /** Arriving from outside the managed networks needs a policy, published ports included. */
  readonly ingress: Permission;
  /** Leaving for anything that is not managed needs a policy. */
  readonly egress: Permission;
  /** Reaching the host's own addresses needs a policy. */
  readonly hostAccess: Permission;
  /** Present: the host holds no address of the network, and nothing of it passes the host, whatever a policy says. */
  readonly gatewayContainer?: GatewayEntry;
}

/** The container that is a network's gateway. */
export interface GatewayEntry {
  readonly origin: Origin;
  readonly containerName: string;
  /** The gateways of the network's subnets that it holds: at most one of each family, IPv4 first. */
  readonly addresses: readonly string[];
  /** What members send further leaves the container with its own address. */
  readonly masquerade: boolean;
  /** It answers members' questions for names, whomever they ask. */
  readonly dns: boolean;
}

type Permission = 'allow' | 'deny';

type Driver = 'bridge' | 'macvlan' | 'ipvlan' | 'overlay';

/** One subnet of a network: canonical CIDRs and addresses of one family. */
export interface SubnetEntry {
  readonly family: Family;
  readonly subnet: string;
  readonly gateway?: string;
  readonly ipRange?: string;
}

/** One address of a container; two entries with the same container and network are one dual-stack endpoint. */
export interface IpEntry {
  readonly origin: Origin;
  readonly key: string;
  /** Canonical. */
  readonly ip: string;
  readonly family: Family;
  /** The NAME of the network: the declared `network_name`, else the network whose subnet holds the address. */
  readonly network?: string;
  readonly containerName?: string;
  readonly selector?: string;
  readonly serviceName?: string;
  readonly aliases: readonly string[];
  /** Lower case, colon separated. */
  readonly macAddress?: string;
  readonly asGateway?: true;
}

type Protocol = 'tcp' | 'udp' | 'sctp' | 'icmp' | 'any';

/** Ports `from` to `to`, both included, `from` never above `to`. */
export interface PortRange {
  readonly from: number;
  readonly to: number;
}

/** One policy, its names as written: they are resolved later. */
export interface PolicyEntry {
  readonly origin: Origin;
  /** Its place in the merged list, from 0. */
  readonly index: number;
  readonly name?: string;
  readonly description?: string;
  readonly from?: readonly string[];
  readonly to?: readonly string[];
  readonly selector?: string;
  readonly containerName?: string;
  readonly serviceName?: string;
  /** Sorted, disjoint; empty means any port. */
  readonly ports: readonly PortRange[];
  readonly toPort?: PortRange;
  readonly proto: Protocol;
  readonly action: 'accept' | 'drop' | 'reject';
  readonly log: boolean;
  readonly nat?: 'dnat' | 'masquerade';
  readonly iface?: string;
  readonly in?: string;
  readonly masquerade?: boolean;
}

/** A firewall mark of 32 bits; without a mask all of them count. */
export interface Mark {
  readonly mark: number;
  /** Never 0, and no bit of the mark is outside it. */
  readonly mask?: number;
}

/** The containers of a network that ask for ports by a label, and the namespace whose rules follow from that. */
export interface DiscoveryEntry {
  readonly origin: Origin;
  /** The engine's name of the network. */
  readonly network: string;
  readonly enableLabel: string;
  readonly dnatLabel: string;
  /** `host`, or a name that stands for containers. */
  readonly in: string;
  readonly dnatIface?: string;
  /** As for a DNAT of a policy: undefined means inside a container alone. */
  readonly masquerade?: boolean;
  /** What marks published ports that are not in the label; undefined: nothing does. */
  readonly mark?: Mark;
  readonly markBy: 'connection' | 'source_port';
  readonly markIface?: string;
  readonly warmUp: boolean;
}

/** A program that is run around `watch`. */
export interface ScriptEntry {
  readonly origin: Origin;
  /** Absolute. */
  readonly path: string;
}
