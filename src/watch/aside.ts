import type { Cause } from './cause.ts';

/** Causes that were put aside for a while. */
export class Aside {
  readonly #fire: (cause: Cause) => void;
  readonly #causes = new Map<string, Cause>();
  #timer: NodeJS.Timeout | undefined;

  /** `fire` takes them when their time has come. */
  constructor(fire: (cause: Cause) => void) {
    this.#fire = fire;
  }

  /** Until then, by `performance.now()`, or until what was put aside before is taken up again. */
  put(cause: Cause, until: number): void {
    const { kind, detail, container, area } = cause;
    this.#causes.set(JSON.stringify([kind, detail, container, area]), cause);
    this.#timer ??= setTimeout(() => this.takeUp(), Math.max(0, until - performance.now()));
  }

  /** All of them, those first that ask for something else than before: what only happened is seen by the next pass. */
  takeUp(): void {
    this.stop();
    const causes = [...this.#causes.values()];
    this.#causes.clear();
    const wishes = causes.filter(({ kind }) => kind === 'awake');
    const others = causes.filter(({ kind }) => kind !== 'awake');
    for (const wish of wishes) this.#fire(wish);
    const rest = (): void => {
      for (const cause of others) this.#fire(cause);
    };
    if (wishes.length === 0) rest();
    else if (others.length > 0) setTimeout(rest, afterWishes);
  }

  /** None of them is taken up by itself any more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

/** In ms: a pass that was asked for has begun by then. */
const afterWishes = 5;
