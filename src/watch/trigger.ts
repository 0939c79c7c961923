/** Why to look at the host again. */
export interface Cause {
  /** `connected`: the engine's event stream is (again) there; `reload`: asked for by a signal. */
  readonly kind: 'start' | 'file' | 'reload' | 'connected' | 'engine' | 'kernel' | 'retry' | 'period';
  readonly detail?: string;
}

/** How a pass ended: nothing to do, something done, or something left that a later pass may manage. */
export type PassEnd = 'unchanged' | 'changed' | 'unsettled';

/** All in milliseconds. */
export interface Timing {
  /** A pass begins when no event came for this long … */
  readonly quiet: number;
  /** … or this long after the first event at the latest. */
  readonly longestWait: number;
  /** Wait after the first unsettled pass; it doubles with each further one. */
  readonly firstRetry: number;
  readonly longestRetry: number;
  /** After an unsettled pass, events of the host this soon are taken for echoes of that pass and wait for its retry. */
  readonly echo: number;
  /** A pass begins this long after the last one, whatever happens. */
  readonly period: number;
}

export const usualTiming: Timing = {
  quiet: 15,
  longestWait: 100,
  firstRetry: 500,
  longestRetry: 30_000,
  echo: 250,
  period: 30_000,
};

const mostCauses = 20;
const echoes: ReadonlySet<Cause['kind']> = new Set(['engine', 'kernel']);
const clocks: ReadonlySet<Cause['kind']> = new Set(['retry', 'period']);

/**
 * Turns any number of causes into passes that never overlap: a cause only says "look again", so a burst of them is one
 * pass, and those that come during a pass are one more. The pass must not reject.
 */
export class Trigger {
  readonly #pass: (causes: readonly Cause[]) => Promise<PassEnd>;
  readonly #timing: Timing;
  #pending: Cause[] = [];
  #firstAt: number | undefined;
  #soon: NodeJS.Timeout | undefined;
  #later: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #endedAt = Number.NEGATIVE_INFINITY;
  #failures = 0;
  #stopped = false;

  constructor(pass: (causes: readonly Cause[]) => Promise<PassEnd>, timing: Timing = usualTiming) {
    this.#pass = pass;
    this.#timing = timing;
  }

  /** Asks for a pass; at once when nothing else is asked for, later when one is running. */
  fire(cause: Cause): void {
    if (this.#stopped) return;
    this.#remember(cause);
    if (this.#running !== undefined || this.#isEcho(cause)) return;
    if (!clocks.has(cause.kind)) this.#failures = 0;
    this.#schedule();
  }

  /** No further pass begins; resolves when the running one has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#soon);
    clearTimeout(this.#later);
    await this.#running;
  }

  #remember(cause: Cause): void {
    const known = this.#pending.some(({ kind, detail }) => kind === cause.kind && detail === cause.detail);
    if (!known && this.#pending.length < mostCauses) this.#pending.push(cause);
  }

  /** A failing pass changes things too: were its own events to ask for the next one, there would be no end. */
  #isEcho(cause: Cause): boolean {
    const recent = performance.now() - this.#endedAt < this.#timing.echo;
    return this.#failures > 0 && recent && echoes.has(cause.kind);
  }

  #schedule(): void {
    const now = performance.now();
    this.#firstAt ??= now;
    const due = Math.min(now + this.#timing.quiet, this.#firstAt + this.#timing.longestWait);
    clearTimeout(this.#soon);
    this.#soon = setTimeout(() => this.#begin(), Math.max(0, due - now));
  }

  #begin(): void {
    clearTimeout(this.#later);
    const causes = this.#pending;
    this.#pending = [];
    this.#firstAt = undefined;
    this.#running = this.#pass(causes).then((end) => this.#ended(end));
  }

  #ended(end: PassEnd): void {
    this.#running = undefined;
    if (this.#stopped) return;
    this.#endedAt = performance.now();
    this.#failures = end === 'unsettled' ? this.#failures + 1 : 0;
    const { firstRetry, longestRetry, period } = this.#timing;
    const backOff = Math.min(firstRetry * 2 ** (this.#failures - 1), longestRetry);
    const retries = this.#failures > 0 && backOff < period;
    this.#later = setTimeout(
      () => this.fire({ kind: retries ? 'retry' : 'period' }),
      retries ? backOff : period,
    );
    if (!this.#pending.some((cause) => !this.#isEcho(cause))) return;
    this.#failures = 0;
    this.#schedule();
  }
}
