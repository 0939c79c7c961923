import type { Amount, Awake } from '../model/on-demand.ts';

/** What the kernel has carried of one entry since its containers woke, as far as its rules are there, with the packets' headers. */
export interface Carried {
  readonly toTarget: Amount;
  readonly toClient: Amount;
}

/** The same, and what goes on. */
export interface Passing extends Carried {
  /** Connections that have not ended. */
  readonly open: number;
}

/** The kernel's part: it leads new connections to what is awake. */
export interface Kernel {
  /** Whether it can: what is open has to be seen. */
  canLead(): boolean;
  /** Resolves when the host's rules lead to these as they say, and to no others. */
  lead(awake: readonly Awake[]): Promise<void>;
  /** By name; rejects where it cannot be found out. */
  passing(awake: readonly Awake[], signal: AbortSignal): Promise<ReadonlyMap<string, Passing>>;
  /** As it was when the counters were last read, whoever asked; undefined where they never were. */
  carried(awake: Awake): Carried | undefined;
}
