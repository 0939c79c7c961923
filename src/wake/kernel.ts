import type { Awake } from '../model/on-demand.ts';

/** What the kernel has carried of one entry. */
export interface Passing {
  /** From clients, since whenever; another number than before says that something has passed. */
  readonly packets: number;
  readonly bytes: number;
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
}
