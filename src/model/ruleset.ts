import type { Family, Mark, Origin, PortRange } from './config.ts';

export type { Family, PortRange } from './config.ts';
export type TableName = 'raw' | 'mangle' | 'nat' | 'filter';
/** Which of the two kernels' rule stores the engine uses; both can hold rules at the same time. */
export type Backend = 'nft' | 'legacy';

export type Protocol = 'tcp' | 'udp' | 'sctp' | 'icmp';
export type ConntrackState = 'INVALID' | 'NEW' | 'RELATED' | 'ESTABLISHED' | 'DNAT';

export type Target =
  | { readonly kind: 'accept' }
  | { readonly kind: 'drop' }
  | { readonly kind: 'return' }
  | { readonly kind: 'reject'; readonly with: 'port-unreachable' | 'tcp-reset' }
  | { readonly kind: 'log'; readonly prefix: string }
  | { readonly kind: 'dnat'; readonly address: string; readonly ports?: PortRange }
  | { readonly kind: 'masquerade' }
  /** Not for connection tracking, so that nothing translates it either; the packet goes on. */
  | { readonly kind: 'notrack' }
  /** Of the packet; rules of the chain that come after it see it, too. */
  | { readonly kind: 'mark'; readonly mark: Mark }
  /** Of the connection, in both directions. */
  | { readonly kind: 'connmark'; readonly mark: Mark }
  /** Nothing: the rule is there for its counters. */
  | { readonly kind: 'count' }
  | { readonly kind: 'jump'; readonly chain: string };

/** What a packet must be for a rule to apply; what is absent matches everything. */
export interface Match {
  /** Canonical CIDR, `/32` and `/128` included, as iptables-save prints it. */
  readonly source?: string;
  /** Canonical CIDR, `/32` and `/128` included. */
  readonly destination?: string;
  readonly inInterface?: string;
  /** Any interface but this one. */
  readonly exceptInInterface?: string;
  readonly outInterface?: string;
  readonly protocol?: Protocol;
  /** One entry renders as `--dport`, more as `multiport` (which takes 15 ports, a range counting two). */
  readonly destinationPorts?: readonly PortRange[];
  readonly sourcePorts?: readonly PortRange[];
  /** The message's number, for protocol `icmp`; with it the rule is for that message alone. */
  readonly icmpType?: number;
  /** The packet's fields, in this order, are an element of the set. */
  readonly set?: SetMatch;
  /** Only packets for an address of this namespace (`addrtype --dst-type LOCAL`). */
  readonly toLocalAddress?: boolean;
  readonly states?: readonly ConntrackState[];
  readonly direction?: 'ORIGINAL' | 'REPLY';
  /** The mark of the packet's connection. */
  readonly connmark?: Mark;
  /** The port the client asked for, before translation. */
  readonly originalPorts?: PortRange;
  /** Every nth connection: spreads a DNAT over several targets. */
  readonly every?: number;
}

/** A look-up in one of our sets: which side of the packet each part of the element stands for. */
export interface SetMatch {
  readonly name: string;
  readonly by: readonly ('src' | 'dst')[];
  /** The element does not count this packet: it comes by again where it does. */
  readonly uncounted?: true;
}

export interface Rule {
  readonly match: Match;
  readonly target: Target;
  /** At most 255 printable ASCII characters; names the policy to whoever lists the rules, and to the next pass. */
  readonly comment?: string;
  /** Where it was declared; not part of what the kernel keeps and never compared. */
  readonly origin?: Origin;
}

/** A rule as the kernel has it, with what it has counted. */
export interface CountedRule extends Rule {
  readonly packets?: number;
  readonly bytes?: number;
}

export interface Chain {
  readonly name: string;
  readonly rules: readonly Rule[];
}

/** A jump from a foreign chain into one of ours, kept at position 1. */
export interface Hook {
  /** The first of these that exists and that packets reach is used. */
  readonly from: readonly string[];
  readonly into: string;
}

/** What one table of one family in one namespace is to hold of ours. */
export interface DesiredTable {
  readonly family: Family;
  readonly table: TableName;
  readonly chains: readonly Chain[];
  readonly hooks: readonly Hook[];
}

/** A rule in one of our chains that we did not write or cannot read; always drift. */
export interface UnreadRule {
  readonly unread: string;
}

/** An unconditional jump found in a chain that is not ours. */
export interface ObservedJump {
  readonly chain: string;
  /** 1-based; the rules by which Docker serves a container's DNS are counted in OUTPUT alone, elsewhere they are in nobody's way. */
  readonly position: number;
  readonly to: string;
}

export interface ObservedTable {
  readonly family: Family;
  readonly table: TableName;
  /** Our chains by name. */
  readonly chains: ReadonlyMap<string, readonly (CountedRule | UnreadRule)[]>;
  readonly foreignChains: ReadonlySet<string>;
  readonly jumps: readonly ObservedJump[];
  /** Without our chains and hooks nothing is left but built-in chains that are empty and accept. */
  readonly otherwiseEmpty: boolean;
}

/** Whether it is about connections in their own right: answers, and what belongs to another connection, are let through by state. */
export function concernsNewConnections({ states, direction }: Match): boolean {
  return direction !== 'REPLY' && (states === undefined || states.includes('NEW') || states.includes('DNAT'));
}

/** `80`, or `8000-8100`. */
export function portText(range: PortRange): string {
  return range.from === range.to ? `${range.from}` : `${range.from}-${range.to}`;
}

/** A rule's comment, which the kernel keeps in ASCII, as people read it. */
export function titleText(comment: string): string {
  return comment.includes('->') ? comment.replaceAll('->', '→') : comment;
}

/** The comment that is read as this text. */
export function commentText(title: string): string {
  return title.replaceAll('→', '->');
}
