import { withDeadline } from '../host/deadline.ts';
import type { Host } from '../host/host.ts';
import type { ObservedTable } from '../model/ruleset.ts';
import { observeCounters } from '../observe/counters.ts';
import type { StatusFacts } from './status-document.ts';

/** Who asks for the status does not wait longer for what was counted. */
const longestMs = 2000;
const late = () => new Error('what the kernel has counted was not told in time');

/** What a daemon's host has counted at the moment it is asked. */
export class Counting {
  #host: Host | undefined;
  /** One reading for all who ask meanwhile. */
  #reading: Promise<StatusFacts['counting']> | undefined;
  #led: readonly ObservedTable[] | undefined;

  /** Says which host it is. */
  follow(host: Host): void {
    this.#host = host;
  }

  /** The tables that count what is led to containers on demand, as they were when they were last read. */
  get led(): readonly ObservedTable[] | undefined {
    return this.#led;
  }

  /** The host's rules and sets as they are now; undefined where there is no host, or they cannot be read in time. */
  async now(signal: AbortSignal): Promise<StatusFacts['counting']> {
    const host = this.#host;
    if (host === undefined) return undefined;
    this.#reading ??= withDeadline(signal, longestMs, late, (stop) => observeCounters(host, stop))
      .then((counted) => {
        this.#led = counted.tables.filter(({ table }) => table === 'mangle');
        return counted;
      })
      .catch(() => undefined)
      .finally(() => {
        this.#reading = undefined;
      });
    return await this.#reading;
  }
}
