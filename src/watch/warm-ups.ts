import { isNetwrightError } from '../errors.ts';
import type { Host } from '../host/host.ts';
import { knockFrom } from '../host/knock-from.ts';
import { errorFields, type Log } from '../log.ts';
import type { WarmUp } from '../model/desired.ts';
import type { NamespaceId } from '../model/namespace.ts';

/** Reaches each port once after every start of its container; beside the passes, which never wait for it. */
export class WarmUps {
  readonly #log: Log;
  readonly #stopping = new AbortController();
  /** What has been begun of what is wanted. */
  #begun: ReadonlySet<string> = new Set();
  readonly #waiting = new Map<NamespaceId, WarmUp[]>();
  readonly #working = new Set<NamespaceId>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** From now on these are wanted: what was not among them the last time is reached as soon as may be. */
  follow(host: Host, wanted: readonly WarmUp[]): void {
    const before = this.#begun;
    const keys = new Map(wanted.map((warmUp) => [keyOf(warmUp, host), warmUp]));
    this.#begun = new Set(keys.keys());
    for (const [key, warmUp] of keys) {
      if (before.has(key)) continue;
      const { from } = warmUp;
      this.#waiting.set(from, [...(this.#waiting.get(from) ?? []), warmUp]);
    }
    for (const from of this.#waiting.keys()) void this.#work(host, from);
  }

  stop(): void {
    this.#stopping.abort();
  }

  /** One process at a time in each namespace, for all that has come together meanwhile. */
  async #work(host: Host, from: NamespaceId): Promise<void> {
    if (this.#working.has(from)) return;
    this.#working.add(from);
    try {
      for (;;) {
        const next = this.#waiting.get(from);
        this.#waiting.delete(from);
        if (next === undefined || this.#stopping.signal.aborted) return;
        await this.#reach(host, from, next);
      }
    } finally {
      this.#working.delete(from);
    }
  }

  async #reach(host: Host, from: NamespaceId, warmUps: readonly WarmUp[]): Promise<void> {
    const { signal } = this.#stopping;
    const doors = warmUps.map(({ address, port, protocol }) => ({ address, port, protocol }));
    try {
      const results = await knockFrom(host, from, doors, signal);
      for (const [index, { containerName, address, port, protocol }] of warmUps.entries())
        this.#log.debug('warmed up', {
          container: containerName,
          address,
          port: `${protocol}/${port}`,
          from,
          result: results[index],
        });
    } catch (error) {
      if (signal.aborted) return;
      const container = [...new Set(warmUps.map(({ containerName }) => containerName))];
      // A container that has just stopped is no news.
      const level = isNetwrightError(error) ? 'debug' : 'error';
      this.#log[level]('warm-up broke off', { container, from, ...errorFields(error) });
    }
  }
}

/** A namespace that is made anew may have the number of the last one; its processes are younger. */
function keyOf({ from, containerId, containerPid, address, port, protocol }: WarmUp, host: Host): string {
  const since = host.namespaces.lives(from)?.eldest;
  return JSON.stringify([from, since, containerId, containerPid, address, port, protocol]);
}
