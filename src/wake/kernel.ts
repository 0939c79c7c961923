import type { Awake } from '../model/on-demand.ts';

/** What the kernel has carried of one entry. */
export interface Passing {
  /** From clients, since whenever; another number than before says that something has passed. */
  readonly packets: number;
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

const [shortestMs, longestMs, perIdle] = [1000, 30_000, 8];

/** What the kernel carries of one entry, looked at now and then. Times are in ms, by `performance.now()`. */
export class KernelShare {
  #last: Passing | undefined;
  #lookedAt = 0;

  /** The containers have just woken. */
  begin(now: number): void {
    this.#last = undefined;
    this.#lookedAt = now;
  }

  isDue(now: number, idle: number): boolean {
    return now - this.#lookedAt >= Math.min(longestMs, Math.max(shortestMs, idle / perIdle));
  }

  /** Whether something has passed since the last look, or goes on where that counts. */
  hasPassed(passing: Passing, countsQuiet: boolean, now: number): boolean {
    const before = this.#last;
    this.#last = passing;
    this.#lookedAt = now;
    return before?.packets !== passing.packets || (countsQuiet && passing.open > 0);
  }
}
