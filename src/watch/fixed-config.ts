import type { Reading } from './config-file.ts';

/** A configuration that cannot change while it is watched: told once, when that begins. */
export class FixedConfig<L> {
  readonly #load: () => Promise<L>;
  readonly #changed: (reading: Reading<L>) => void;

  constructor(load: () => Promise<L>, changed: (reading: Reading<L>) => void) {
    this.#load = load;
    this.#changed = changed;
  }

  async start(): Promise<void> {
    this.#changed({ loaded: await this.#load(), missing: false });
  }

  reread(): Promise<void> {
    return Promise.resolve();
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }
}
