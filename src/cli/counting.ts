import type { Host } from '../host/host.ts';
import { observeCounters } from '../observe/counters.ts';
import type { StatusFacts } from './status-document.ts';

/** Who asks for the status does not wait longer for what was counted. */
const longestMs = 2000;

/** What a daemon's host has counted at the moment it is asked. */
export class Counting {
  #host: Host | undefined;
  /** One reading for all who ask meanwhile. */
  #reading: Promise<StatusFacts['counting']> | undefined;

  /** Says which host it is. */
  follow(host: Host): void {
    this.#host = host;
  }

  /** The host's rules and sets as they are now; undefined where there is no host, or they cannot be read in time. */
  async now(signal: AbortSignal): Promise<StatusFacts['counting']> {
    if (this.#host === undefined) return undefined;
    const inTime = AbortSignal.any([signal, AbortSignal.timeout(longestMs)]);
    this.#reading ??= observeCounters(this.#host, inTime)
      .catch(() => undefined)
      .finally(() => {
        this.#reading = undefined;
      });
    return await this.#reading;
  }
}
