import type { EngineEvent } from '../host/engine-events.ts';
import { once } from '../load/once.ts';
import type { Config } from '../model/config.ts';
import { awaitsStarts } from '../resolve/awaited-starts.ts';
import type { Cause } from '../watch/cause.ts';
import { causeOf } from '../watch/cause-of.ts';

/** Wakes that somebody waits for. */
interface Waking {
  readonly until: (now: number) => number | undefined;
  readonly isOf: (id: string) => boolean;
}

/** What has the host looked at gives way to whoever waits for a container that is being woken, unless the file has something depend on it. */
export class GivingWay {
  readonly #waking: Waking;
  #isAllowed = (): boolean => false;

  constructor(waking: Waking) {
    this.#waking = waking;
  }

  /** From now on this is in force. */
  follow(config: Config): void {
    this.#isAllowed = once(() => !awaitsStarts(config));
  }

  /** Until when, by `performance.now()`, the cause is put aside; undefined: it is not. */
  until(cause: Cause, now: number): number | undefined {
    if (!this.#mayWait(cause)) return undefined;
    const until = this.#waking.until(now);
    return until !== undefined && this.#isAllowed() ? until : undefined;
  }

  /** Whoever waits for a container that is being woken does not wait for a question about it, too. */
  mayAskAfter(event: EngineEvent, now: number): boolean {
    return this.until(causeOf(event), now) === undefined;
  }

  /** What a container's start brings about by itself, and what only time, or a wake, asks for. */
  #mayWait({ kind, container, area }: Cause): boolean {
    if (kind === 'engine') return container !== undefined && this.#waking.isOf(container);
    if (kind === 'kernel') return area === 'routes host' || area === 'routes inside';
    return kind === 'awake' || kind === 'retry' || kind === 'period' || kind === 'renewed';
  }
}
