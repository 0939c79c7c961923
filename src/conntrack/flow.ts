import type { Family } from '../model/ruleset.ts';

/** One direction of a connection: where its packets come from and go to. */
export interface Tuple {
  readonly source: string;
  readonly destination: string;
  /** What has ports: TCP, UDP, SCTP and their kin. */
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  /** What is an ICMP message. */
  readonly icmpType?: number;
  readonly icmpCode?: number;
}

/** A connection as the kernel tracks it: what its client sends, and what answers are to look like. */
export interface Flow {
  readonly family: Family;
  /** The protocol's number (/etc/protocols). */
  readonly protocol: number;
  readonly original: Tuple;
  readonly reply: Tuple;
  /** Which of several tracking tables it is in; absent for the one that all have. */
  readonly zone?: number;
}
