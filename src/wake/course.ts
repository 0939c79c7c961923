import { asleep, type Event, type State, type Step, step } from './machine.ts';

/** What the containers of one entry are doing, and since when. Times are in ms, by `performance.now()`. */
export class Course {
  #state: State = asleep;
  #since = performance.now();
  #lastAwake = Number.POSITIVE_INFINITY;
  #awake = new AbortController();

  get state(): State {
    return this.#state;
  }

  /** When the phase last changed: what was asked before is out of date. */
  get since(): number {
    return this.#since;
  }

  /** When they were last awake. */
  get lastAwake(): number {
    return this.#lastAwake;
  }

  /** Fires when they are no longer awake. */
  get awake(): AbortSignal {
    return this.#awake.signal;
  }

  /** What is to be done, and whether the phase is another now. */
  happened(event: Event): Pick<Step, 'effects'> & { readonly changed: boolean } {
    const before = this.#state.phase;
    const { state, effects } = step(this.#state, event);
    this.#state = state;
    if (state.phase === before) return { effects, changed: false };
    this.#since = performance.now();
    if (before === 'awake') this.#lastAwake = this.#since;
    this.#awake.abort();
    if (state.phase === 'awake') this.#awake = new AbortController();
    return { effects, changed: true };
  }
}
