import { setTimeout as sleep } from 'node:timers/promises';
import { isNetwrightError } from '../errors.ts';
import type { Host } from '../host/host.ts';
import { enter } from '../host/place.ts';
import { digestOfRules, savedRules } from '../host/saved-rules.ts';
import { hostNamespace, type NamespaceId, type NamespaceState } from '../model/namespace.ts';
import type { Observed } from '../model/observed.ts';

/** Milliseconds between two readings: of the host each time, of the containers one after the other, as each costs a process. */
const every = 1000;

/** The legacy store of rules reports nothing: its tables are read again and again and compared with what the last pass found. */
export class LegacyRules {
  readonly #changed: (namespace: NamespaceId) => void;
  readonly #stopping = new AbortController();
  #left: { readonly host: Host; readonly observed: Observed } | undefined;
  #turn = 0;
  #polling: Promise<void> | undefined;

  constructor(changed: (namespace: NamespaceId) => void) {
    this.#changed = changed;
  }

  /** A pass is at work: what changes now is its own doing, or it sees it. */
  pause(): void {
    this.#left = undefined;
  }

  /** From now on this is what the rules are compared with. */
  follow(host: Host, observed: Observed): void {
    if (observed.backend !== 'legacy') return;
    this.#left = { host, observed };
    this.#polling ??= this.#poll();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#polling;
  }

  async #poll(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await sleep(every, undefined, { signal }).catch(() => undefined);
      const left = this.#left;
      if (left === undefined) continue;
      for (const state of this.#next(left.observed)) {
        const differs = await hasChanged(left.host, state, signal);
        // What a pass has looked at since was not compared with what it left.
        if (!differs || this.#left !== left) continue;
        this.#left = undefined;
        this.#changed(state.id);
      }
    }
  }

  #next({ namespaces }: Observed): readonly NamespaceState[] {
    const read = [...namespaces.values()].filter(({ legacyDigests }) => legacyDigests !== undefined);
    const inside = read.filter(({ id }) => id !== hostNamespace);
    const turn = inside[this.#turn++ % Math.max(1, inside.length)];
    return [...read.filter(({ id }) => id === hostNamespace), ...(turn === undefined ? [] : [turn])];
  }
}

/** A container that has stopped has not changed: the engine tells of it. */
async function hasChanged(
  host: Host,
  { id, legacyDigests }: NamespaceState,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    return await enter(host, id, async (place) => {
      for (const [family, digest] of legacyDigests ?? []) {
        const saved = await savedRules(host, place, 'legacy', family, signal);
        if (digestOfRules(saved) === digest) continue;
        place.confirm();
        return true;
      }
      return false;
    });
  } catch (error) {
    if (signal.aborted || isNetwrightError(error)) return false;
    throw error;
  }
}
