import type { Change } from './change.ts';
import type { Notice } from './notice.ts';
import type { Awake } from './on-demand.ts';

/** A place in a file as a person finds it; line and column count from 1. Line 0: no file, but the flag or variable of that name. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** A mistake in the file, or something there that deserves a look. */
export interface ProblemAt extends Position {
  readonly severity: 'error' | 'warning';
  /** What kind it is; messages may be reworded, codes may not. */
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/** One line of a plan, its place in the file already looked up. */
export interface ChangeLine extends Omit<Change, 'origin'> {
  readonly position?: Position;
}

/** A notice, its place in the file already looked up. */
export interface NoticeLine extends Omit<Notice, 'origin'> {
  readonly position?: Position;
}

/** A change that was tried in the last pass and did not come about. */
export interface FailedLine extends ChangeLine {
  readonly error: string;
}

/** Something that is as the file wants it. */
export interface InForceLine {
  readonly area: Change['area'];
  readonly place?: string;
  readonly text: string;
  /** What a policy of the host has let pass, or refused, answers not counted; absent where nothing counts them. */
  readonly packets?: number;
  readonly bytes?: number;
  readonly position?: Position;
}

export interface FileStatus {
  readonly path: string;
  /** MD5 of the content that is in force. */
  readonly digest?: string;
  readonly state: 'in force' | 'invalid, the last good one stays in force' | 'missing';
  /** What is wrong with the content that is not in force. */
  readonly problems: readonly ProblemAt[];
}

export interface PassStatus {
  readonly id: string;
  /** When it began: ISO 8601, UTC. */
  readonly at: string;
  readonly milliseconds: number;
  readonly rounds: number;
  readonly converged: boolean;
  /** Operations done. */
  readonly changes: number;
  /** Why the pass itself broke off, where it did: the engine was away, for one. */
  readonly error?: string;
}

/** Something that somebody keeps undoing, so that it is left alone for a while between two repairs. */
export interface ContestedLine {
  readonly what: string;
  /** The processes that did it, where known. */
  readonly by?: string;
  /** ISO 8601, UTC. */
  readonly nextLook: string;
}

/** Containers that wake on connect, at the moment. */
export interface OnDemandStatus {
  readonly name: string;
  readonly state: 'asleep' | 'starting' | 'awake' | 'stopping';
  /** Why they were last not started, or not stopped. */
  readonly why?: string;
  /** Where connections are accepted, as address:port. */
  readonly listen: readonly string[];
  /** Why they are not accepted elsewhere. */
  readonly notListening?: readonly string[];
  /** The kernel carries connections there, past the daemon. */
  readonly handedOver?: Omit<Awake, 'name'>;
  /** Connections that wait for the containers, and those whose bytes pass through the daemon. */
  readonly held: number;
  readonly carried: number;
  /** Of this daemon. */
  readonly wakes: number;
  readonly lastWakeMilliseconds?: number;
  readonly slowestWakeMilliseconds?: number;
  /** Bytes that passed through the daemon. */
  readonly toTarget: number;
  readonly toClient: number;
  /** Bytes that the kernel carried past it, with the headers of the packets; absent where there were none. */
  readonly byKernel?: { readonly toTarget: number; readonly toClient: number };
}

/** A container that is the gateway of a network. */
export interface GatewayStatus {
  readonly network: string;
  readonly container: string;
  readonly addresses: readonly string[];
  /** `coming`: it runs and is yet to be given its addresses. */
  readonly state: 'there' | 'coming' | 'away';
  /** Whether frames are checked for whose they are, so that members can use nobody else's addresses; nothing passes the host either way. */
  readonly members: 'closed in' | 'pending' | 'unchecked';
  /** Packets that would have passed the host, into or out of the network. */
  readonly refused?: number;
}

/** What netwright knows of one host: the document that `status --json` prints and the daemon serves. */
export interface Status {
  /** netwright's own. */
  readonly version: string;
  readonly instance: string;
  /** Absent when no daemon runs and this was worked out afresh. */
  readonly daemon?: { readonly pid: number /** ISO 8601, UTC. */; readonly since: string };
  readonly file: FileStatus;
  readonly lastPass?: PassStatus;
  readonly inForce: readonly InForceLine[];
  /** What the next pass would do. */
  readonly pending: readonly ChangeLine[];
  readonly waiting: readonly NoticeLine[];
  readonly refused: readonly NoticeLine[];
  readonly warnings: readonly NoticeLine[];
  readonly failed: readonly FailedLine[];
  readonly contested: readonly ContestedLine[];
  /** Absent where no container is one. */
  readonly gateways?: readonly GatewayStatus[];
  /** Of a daemon; absent where nobody listens. */
  readonly onDemand?: readonly OnDemandStatus[];
}

/** Whether all that can be in force is: nothing pending, refused, failed or contested, every port listened on, the file good, the last pass through; waiting is no fault. */
export function isHealthy(status: Status): boolean {
  return (
    status.file.state === 'in force' &&
    status.pending.length === 0 &&
    status.refused.length === 0 &&
    status.failed.length === 0 &&
    status.contested.length === 0 &&
    (status.onDemand ?? []).every(({ notListening }) => notListening === undefined) &&
    status.lastPass?.converged !== false &&
    status.lastPass?.error === undefined
  );
}
