import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Host } from '../host/host.ts';
import { saveCommand } from '../host/iptables-tools.ts';

const every = 500;

/**
 * The legacy store of rules reports nothing: its tables are read every half second and compared with what they were when
 * a pass last found nothing to do. (Not with the reading before: a flush, a repair and a flush in between would be no change.)
 */
export class LegacyRules {
  readonly #changed: () => void;
  readonly #failed: (error: unknown) => void;
  #host: Host | undefined;
  #good: string | undefined;
  #following: AbortController | undefined;

  constructor(changed: () => void, failed: (error: unknown) => void) {
    this.#changed = changed;
    this.#failed = failed;
  }

  /** What the tables are now, for `lookedAt` when a pass that begins afterwards has ended; undefined while not following. */
  async read(signal: AbortSignal): Promise<string | undefined> {
    return this.#host === undefined ? undefined : await readTables(this.#host, signal).catch(() => undefined);
  }

  /** A pass has ended: with nothing to do, what was read before it is good; otherwise it asks for one more. */
  lookedAt(read: string | undefined, changed: boolean): void {
    if (this.#host === undefined) return;
    if (!changed) this.#good = read;
    if (changed || read === undefined) this.#changed();
  }

  follow(host: Host): void {
    this.#host = host;
    if (this.#following !== undefined) return;
    this.#following = new AbortController();
    this.#poll(this.#following.signal).catch((error: unknown) => this.#failed(error));
  }

  stop(): void {
    this.#following?.abort();
    this.#following = undefined;
    this.#host = undefined;
    this.#good = undefined;
  }

  async #poll(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(every, undefined, { signal }).catch(() => undefined);
      const seen = this.#good === undefined ? undefined : await this.read(signal);
      if (seen !== undefined && this.#good !== undefined && seen !== this.#good) this.#changed();
    }
  }
}

async function readTables(host: Host, signal: AbortSignal): Promise<string> {
  const hash = createHash('md5');
  for (const family of [4, 6] as const) {
    const argv = saveCommand(host.iptables, 'legacy', family);
    if (argv !== undefined) hash.update(withoutCounters(await host.run(argv, { signal })));
  }
  return hash.digest('hex');
}

/** Comments hold the time, and the packets counted by a chain are no change. */
function withoutCounters(saved: string): string {
  return saved.replace(/^#.*$/gm, '').replace(/\[\d+:\d+\]/g, '');
}
