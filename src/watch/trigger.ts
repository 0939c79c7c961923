import type { Cause } from './cause.ts';
import { PendingCauses } from './pending-causes.ts';
import { type Timing, usualTiming } from './timing.ts';

/** How a pass ended. */
export interface PassEnd {
  /** It did something, so there may be events of its own making. */
  readonly changed: boolean;
  /** Nothing is left that a later pass may manage. */
  readonly settled: boolean;
  /** When the next pass is due that nothing but time asks for, by `performance.now()`; left to the trigger unless told. */
  readonly nextLook?: number;
}

/** Looks because of these; what has been heard of since it began, which is for the next one, may tell who did what it finds. */
type Pass = (causes: readonly Cause[], meanwhile: () => readonly Cause[]) => Promise<PassEnd>;

/** So many passes in a row that each change something and do not settle are no repairs any more. */
const fruitless = 3;
const echoes: ReadonlySet<Cause['kind']> = new Set(['engine', 'kernel']);
/** The file has been waited for already, until it was still. */
const immediate: ReadonlySet<Cause['kind']> = new Set(['file', 'reload', 'awake']);

/**
 * Turns any number of causes into passes that never overlap: a cause only says "look again", so a burst of them is one
 * pass, and those that come during a pass are one more. The pass must not reject.
 */
export class Trigger {
  readonly #pass: Pass;
  readonly #timing: Timing;
  readonly #heldUntil: (cause: Cause, now: number) => number | undefined;
  readonly #pending = new PendingCauses();
  #firstAt: number | undefined;
  #soon: NodeJS.Timeout | undefined;
  #later: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #endedAt = Number.NEGATIVE_INFINITY;
  #failures = 0;
  #resounding = 0;
  #laterAt = 0;
  #stopped = false;

  /** `heldUntil`: until when, by `performance.now()`, this is no cause for a pass of its own; undefined when it is one now. */
  constructor(
    pass: Pass,
    timing: Timing = usualTiming,
    heldUntil: (cause: Cause, now: number) => number | undefined = () => undefined,
  ) {
    this.#pass = pass;
    this.#timing = timing;
    this.#heldUntil = heldUntil;
  }

  /** Asks for a pass; at once when nothing else is asked for, later when one is running. */
  fire(cause: Cause): void {
    if (this.#stopped) return;
    this.#pending.add(cause);
    if (this.#running !== undefined) return;
    const until = this.#waitsUntil(cause);
    if (until !== undefined) {
      this.#retryBy(until);
      return;
    }
    this.#failures = 0;
    this.#schedule(immediate.has(cause.kind) ? 0 : this.#timing.quiet);
  }

  /** No further pass begins; resolves when the running one has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#soon);
    clearTimeout(this.#later);
    await this.#running;
  }

  #waitsUntil(cause: Cause): number | undefined {
    const held = this.#heldUntil(cause, performance.now());
    return held ?? (this.#isEcho(cause) ? this.#endedAt + this.#timing.echoWait : undefined);
  }

  /** A failing pass changes things too: were its own events to ask for the next one, there would be no end. */
  #isEcho(cause: Cause): boolean {
    const recent = performance.now() - this.#endedAt < this.#timing.echo;
    return this.#resounding >= fruitless && recent && echoes.has(cause.kind);
  }

  #schedule(usual: number): void {
    const now = performance.now();
    this.#firstAt ??= now;
    const { longestWait, beforeStart } = this.#timing;
    const isUrgent = this.#pending.all.some(({ urgent }) => urgent === true);
    const patience = this.#pending.all.every(({ mayBeStarting }) => mayBeStarting === true) ? beforeStart : 1;
    const quiet = isUrgent ? 0 : usual * patience;
    const due = Math.min(now + quiet, this.#firstAt + longestWait * patience);
    clearTimeout(this.#soon);
    this.#soon = setTimeout(() => this.#begin(), Math.max(0, due - now));
  }

  #begin(): void {
    clearTimeout(this.#later);
    this.#soon = undefined;
    this.#firstAt = undefined;
    this.#running = this.#pass(this.#pending.take(), () => this.#pending.all).then((end) => this.#ended(end));
  }

  #ended({ changed, settled, nextLook }: PassEnd): void {
    this.#running = undefined;
    if (this.#stopped) return;
    const now = performance.now();
    const { firstRetry, longestRetry, period } = this.#timing;
    this.#endedAt = now;
    this.#failures = settled ? 0 : this.#failures + 1;
    this.#resounding = changed && !settled ? this.#resounding + 1 : 0;
    const backOff = Math.min(firstRetry * 2 ** (this.#failures - 1), longestRetry);
    if (nextLook !== undefined) this.#again('retry', Math.min(nextLook, now + period));
    else if (!settled && backOff < period) this.#again('retry', now + backOff);
    else this.#again('period', now + period);
    if (this.#pending.all.length === 0) return;
    const waits = this.#pending.all.map((cause) => this.#waitsUntil(cause));
    if (waits.every((until) => until !== undefined)) {
      this.#retryBy(Math.min(...waits));
      return;
    }
    this.#failures = 0;
    this.#schedule(this.#timing.quiet);
  }

  #retryBy(at: number): void {
    if (at < this.#laterAt) this.#again('retry', at);
  }

  #again(kind: 'retry' | 'period', at: number): void {
    clearTimeout(this.#later);
    this.#laterAt = at;
    const wait = Math.max(0, at - performance.now());
    this.#later = setTimeout(() => {
      this.#pending.add({ kind });
      if (this.#soon === undefined && this.#running === undefined) this.#begin();
    }, wait);
  }
}
