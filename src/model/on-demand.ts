import type { Origin } from './config.ts';
import type { Rule } from './ruleset.ts';

/** Containers on demand that are awake, and that the kernel leads new connections to. */
export interface Awake {
  /** The entry's key in the file. */
  readonly name: string;
  /** Where the target's container answers. */
  readonly address: string;
  readonly port: number;
  /** False: new connections go to the program again, while those that were led go on. */
  readonly leads: boolean;
  /** The how many-eth time it is that they are awake: what is counted of one is counted by rules of its own. */
  readonly waking: number;
}

/** What the kernel leads to, as the status of a daemon tells it. */
export function awakeIn(
  onDemand: readonly { readonly name: string; readonly handedOver?: Omit<Awake, 'name'> }[],
): readonly Awake[] {
  return onDemand.flatMap(({ name, handedOver }) =>
    handedOver === undefined ? [] : [{ ...handedOver, name }],
  );
}

/** What the comments of the rules of an entry end with, and no others do. */
export function onDemandMark(name: string): string {
  return `(on demand ${name.slice(0, 60)})`;
}

/**
 * Whether what a DNAT has translated goes on when it goes: TCP connections to containers on demand, which end with the accept of them. Datagrams
 * have no end, and those that come later are to be seen by the daemon.
 */
export function outlivesDnat({ comment, match }: Pick<Rule, 'comment' | 'match'>): boolean {
  return match.protocol === 'tcp' && isOnDemand(comment);
}

/** What the comments of the rules that count for one waking begin with. */
export function wakingMark({ waking }: Pick<Awake, 'waking'>): string {
  return `counts ${waking}:`;
}

/** Whether a rule is of containers on demand, by its comment. */
export function isOnDemand(comment: string | undefined): boolean {
  return comment?.includes(' (on demand ') === true;
}

/** Containers that sleep until somebody connects. Times are in ms. */
export interface OnDemandEntry {
  readonly origin: Origin;
  /** Its key in the file. */
  readonly name: string;
  readonly listen: readonly ListeningEntry[];
  readonly target: TargetEntry;
  readonly group: GroupEntry;
  /** Names of containers, in the order in which they are started before the group. */
  readonly dependsOn: readonly string[];
  readonly idle: number;
  /** A connection that is open but quiet keeps the containers awake. */
  readonly countsQuiet: boolean;
  readonly health: boolean;
  readonly startTimeout: number;
  readonly stopTimeout: number;
  /** What has to come from clients within `idle`; less counts as nothing. Undefined: anything counts. */
  readonly least?: Amount;
  /** What is done to containers that are idle. */
  readonly action: 'stop' | 'pause';
  /** Canonical CIDRs; undefined: anybody may connect. */
  readonly sources?: readonly string[];
  /** Once awake, new connections go to the containers by the kernel. */
  readonly handover: boolean;
  readonly proxyProtocol?: 'v1' | 'v2';
  readonly maxHeld: number;
}

/** What has passed one way. */
export interface Amount {
  readonly packets: number;
  readonly bytes: number;
}

/** Where connections are accepted; without an address on every one of the host. */
export interface ListeningEntry {
  /** Canonical. */
  readonly address?: string;
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
}

/** Where connections are led: a container by its name, or a host by address or name as seen from where netwright runs. */
export type TargetEntry =
  | { readonly kind: 'container'; readonly name: string; readonly port: number }
  | { readonly kind: 'host'; readonly host: string; readonly port: number };

/** Containers by their names, in the order in which they are started, or by the value of a label. */
export type GroupEntry =
  | { readonly kind: 'names'; readonly names: readonly string[] }
  | { readonly kind: 'label'; readonly value: string };
