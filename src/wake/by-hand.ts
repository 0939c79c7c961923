import { NetwrightError } from '../errors.ts';
import type { Event, State } from './machine.ts';

/** An entry as somebody has it wake or sleep. */
export interface Handle {
  readonly name: () => string;
  readonly state: () => State;
  readonly happened: (event: Event) => void;
  /** Connections that are open, where these keep its containers awake. */
  readonly open: () => number;
  /** Whether not all of its containers are needed by others. */
  readonly mayStop: () => boolean;
}

/** What came of it. */
export interface Outcome {
  readonly name: string;
  readonly state: State['phase'];
  /** False: it was so already. */
  readonly changed: boolean;
}

/** One entry woken and put to sleep by hand. */
export class ByHand {
  readonly #handle: Handle;
  #waiting: readonly ((state: State) => void)[] = [];
  #force: boolean | undefined;

  constructor(handle: Handle) {
    this.#handle = handle;
  }

  /** Whether it was asked for by hand that they sleep, and if so whoever is connected; undefined: nobody asked. */
  get force(): boolean | undefined {
    return this.#force;
  }

  /** The phase has changed. */
  changed(state: State): void {
    if (!isSettled(state)) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve(state);
  }

  /** Resolves when they are awake; NOT_AWAKE says why they are not. */
  async wake(): Promise<Outcome> {
    const { name, state, happened } = this.#handle;
    if (state().phase === 'awake') return { name: name(), state: 'awake', changed: false };
    const settled = this.#next();
    happened({ kind: 'wanted' });
    const { phase, why } = await settled;
    if (phase === 'awake') return { name: name(), state: phase, changed: true };
    throw new NetwrightError('NOT_AWAKE', `${name()} is not awake: ${why ?? 'it was stopped'}`);
  }

  /** Resolves when they are asleep; NOT_ASLEEP says why they are not, by force neither who is connected nor another entry is a reason. */
  async sleep(force: boolean): Promise<Outcome> {
    const { name, state, happened, open, mayStop } = this.#handle;
    if (!isSettled(state())) await this.#next();
    if (state().phase === 'asleep') return { name: name(), state: 'asleep', changed: false };
    if (!force && open() > 0) throw inUse(name());
    if (!force && !mayStop())
      throw notAsleep(`${name()} stays awake: other entries need its containers`, '--force stops them');
    this.#force = force;
    try {
      const settled = this.#next();
      happened({ kind: 'idle' });
      const { phase, why } = await settled;
      if (phase === 'awake') throw inUse(name());
      if (why !== undefined) throw notAsleep(`${name()} is not stopped: ${why}`);
      return { name: name(), state: phase, changed: true };
    } finally {
      this.#force = undefined;
    }
  }

  #next(): Promise<State> {
    return new Promise((resolve) => {
      this.#waiting = [...this.#waiting, resolve];
    });
  }
}

function isSettled({ phase }: State): boolean {
  return phase === 'awake' || phase === 'asleep';
}

function notAsleep(message: string, hint?: string): NetwrightError {
  return new NetwrightError('NOT_ASLEEP', message, { ...(hint !== undefined && { hint }) });
}

function inUse(name: string): NetwrightError {
  return notAsleep(`${name} stays awake: somebody is connected`, '--force ends the connections');
}
