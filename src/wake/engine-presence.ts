import type { Engine } from '../host/engine.ts';

/** The engine, while it is there. */
export class EnginePresence {
  #engine: Engine | undefined;
  #waiting: readonly ((engine: Engine) => void)[] = [];

  get engine(): Engine | undefined {
    return this.#engine;
  }

  /** It is there, or there again; undefined: it is away. */
  is(engine: Engine | undefined): void {
    this.#engine = engine;
    if (engine === undefined) return;
    for (const resolve of this.#waiting) resolve(engine);
    this.#waiting = [];
  }

  /** Resolves with the engine as soon as it is there; never, where it does not come. */
  async up(signal: AbortSignal): Promise<Engine> {
    if (this.#engine !== undefined) return this.#engine;
    return await new Promise((resolve) => {
      this.#waiting = [...this.#waiting, resolve];
      signal.addEventListener(
        'abort',
        () => {
          this.#waiting = this.#waiting.filter((each) => each !== resolve);
        },
        { once: true },
      );
    });
  }
}
