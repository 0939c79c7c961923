import type { Engine } from '../host/engine.ts';
import type { EngineEvent } from '../host/engine-events.ts';
import { linkedAbort } from '../host/linked-abort.ts';

/**
 * What the engine says of containers that have started, asked as soon as that is heard: Docker answers only once it is through with the
 * start, which can take longer than all the rest, and no pass is to wait for that.
 */
export class Inspections {
  readonly #answers = new Map<string, unknown>();
  readonly #asking = new Map<string, ReturnType<typeof linkedAbort>>();

  /** Something happened; for a start, fulfilled when the engine has answered, or failed to. Undefined where there is nothing to wait for. */
  heard(
    { type, action, id, attributes }: EngineEvent,
    engine: Engine | undefined,
    signal: AbortSignal,
  ): Promise<void> | undefined {
    const container = type === 'container' ? id : attributes['container'];
    if (container === undefined) return undefined;
    // What was said of it before, or is being said, may be out of date.
    this.#answers.delete(container);
    this.#asking.get(container)?.abort();
    this.#asking.delete(container);
    if (type !== 'container' || action !== 'start' || engine === undefined) return undefined;
    return this.#ask(container, engine, signal);
  }

  async #ask(container: string, engine: Engine, signal: AbortSignal): Promise<void> {
    const asked = linkedAbort(signal);
    this.#asking.set(container, asked);
    try {
      const answer = await engine.inspectContainer(container, asked.signal);
      if (this.#asking.get(container) === asked) this.#answers.set(container, answer);
    } catch {
      // Whoever asks again is told why.
    } finally {
      asked.release();
      if (this.#asking.get(container) === asked) this.#asking.delete(container);
    }
  }

  /** What was said of these and nobody has been told yet; all else is forgotten with `forget`. */
  take(containers: Iterable<string>): ReadonlyMap<string, unknown> {
    const taken = new Map<string, unknown>();
    for (const id of containers) {
      if (this.#answers.has(id)) taken.set(id, this.#answers.get(id));
      this.#answers.delete(id);
    }
    return taken;
  }

  /** Everything is looked at anew. */
  forget(): void {
    this.#answers.clear();
  }
}
