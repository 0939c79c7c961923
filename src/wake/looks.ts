import type { Engine } from '../host/engine.ts';
import { errorFields, type Log } from '../log.ts';
import { type Listed, listContainers } from './group.ts';

/** What the looks are for. */
export interface Looking {
  readonly engine: () => Engine | undefined;
  /** Whether there is anybody who wants to know. */
  readonly isWanted: () => boolean;
  /** Told what was listed, and when that was asked. */
  readonly seen: (containers: readonly Listed[], askedAt: number) => void;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Sees what has become of the containers, one look after the other. */
export class Looks {
  readonly #looking: Looking;
  #underWay: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;
  #heard = 0;
  /** What was listed last, and how much had been heard of by then. */
  #known: { readonly containers: readonly Listed[]; readonly heard: number } | undefined;

  constructor(looking: Looking) {
    this.#looking = looking;
  }

  /** The containers as they were last listed, where nothing has happened to any since. */
  get known(): readonly Listed[] | undefined {
    return this.#known?.heard === this.#heard ? this.#known.containers : undefined;
  }

  /** Something happened to a container. */
  heard(): void {
    this.#heard++;
  }

  /** What is known is another engine's. */
  forget(): void {
    this.#known = undefined;
  }

  /** A look as of now; who asks while one is under way shares the next. */
  look(): Promise<void> {
    this.#next ??= this.#underWay.then(() => {
      this.#next = undefined;
      return this.#lookOnce();
    });
    this.#underWay = this.#next;
    return this.#next;
  }

  async #lookOnce(): Promise<void> {
    const { isWanted, seen, log, signal } = this.#looking;
    const engine = this.#looking.engine();
    if (engine === undefined || !isWanted()) return;
    const askedAt = performance.now();
    const heard = this.#heard;
    try {
      const containers = await listContainers(engine, signal);
      if (this.#looking.engine() === engine) this.#known = { containers, heard };
      seen(containers, askedAt);
    } catch (error) {
      if (!signal.aborted) log.debug('containers on demand not looked at', errorFields(error));
    }
  }
}
