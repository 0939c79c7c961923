import { setMaxListeners } from 'node:events';
import type { EngineEvent } from '../host/engine-events.ts';
import type { Host } from '../host/host.ts';
import { linkedAbort } from '../host/linked-abort.ts';
import { ruleTransaction } from '../host/own-effects.ts';
import { errorFields } from '../log.ts';
import type { Area } from './area.ts';
import { Aside } from './aside.ts';
import type { Cause } from './cause.ts';
import { causeOf } from './cause-of.ts';
import type { Reading } from './config-file.ts';
import { type ConfigSource, sourceOf } from './config-source.ts';
import { followEngine } from './engine-events.ts';
import { followKernel, type KernelListener } from './kernel-events.ts';
import { Listening } from './listening.ts';
import { usualTiming } from './timing.ts';
import { type PassEnd, Trigger } from './trigger.ts';
import type { AnyLoaded, Good, WatchOptions } from './watch-options.ts';

/** Keeps passes coming until it is stopped: on every change of the file, the engine and the kernel, and every period. */
export class Watch<L extends AnyLoaded> {
  readonly #options: WatchOptions<L>;
  readonly #trigger: Trigger;
  readonly #aside: Aside;
  readonly #file: ConfigSource<L>;
  readonly #listening: Listening;
  #host: Host | undefined;
  #good: Good<L> | undefined;
  #beginning: Promise<void> | undefined;
  #isPutOff = false;
  #fail: (error: unknown) => void = () => undefined;

  constructor(options: WatchOptions<L>) {
    this.#options = options;
    this.#trigger = new Trigger(
      (causes, meanwhile) => this.#pass(causes, meanwhile),
      { ...usualTiming, period: options.period },
      ({ area }, now) => options.contention.heldUntil(area, now),
    );
    this.#aside = new Aside((cause) => this.#trigger.fire(cause));
    this.#listening = new Listening(this.#kernelListener, options);
    this.#file = sourceOf(options, (reading) => this.#read(reading));
  }

  /** Runs until the signal fires; rejects when netwright cannot work here at all, or not begin. */
  async run(): Promise<void> {
    const { open, env } = this.#options;
    // It may have fired already, while the daemon began.
    const stopping = linkedAbort(this.#options.signal);
    const { signal } = stopping;
    // A pass with many containers asks the engine for all of them at once, each with this signal.
    setMaxListeners(0, signal, this.#options.signal);
    const failing = new Promise<never>((_, reject) => {
      this.#fail = reject;
    });
    try {
      const working = Promise.all([
        this.#file.start(),
        followKernel(this.#kernelListener, { env, signal }),
        followEngine({
          open,
          signal,
          listener: {
            up: (host) => this.#up(host),
            happened: (event) => this.#happened(event),
            away: (error) => this.#away(error),
          },
        }),
      ]);
      await Promise.race([working, failing]);
    } finally {
      stopping.abort();
      stopping.release();
      await this.#file.stop();
      this.#aside.stop();
      await this.#trigger.stop();
      await this.#listening.stop();
    }
  }

  /** Reads the file and looks at everything again. */
  async reload(): Promise<void> {
    await this.#file.reread();
    this.#trigger.fire({ kind: 'reload' });
  }

  /** Containers on demand woke, or are to sleep. */
  ledAnew(): void {
    this.#fire({ kind: 'awake' });
  }

  /** What was done beside passes left something to find out. */
  lookAgain(): void {
    this.#fire({ kind: 'retry' });
  }

  /** What gave way need not any longer. */
  answered(): void {
    this.#aside.takeUp();
  }

  #fire(cause: Cause): void {
    const until = this.#options.givesWay(cause, performance.now());
    if (until === undefined) this.#trigger.fire(cause);
    else this.#aside.put(cause, until);
  }

  readonly #kernelListener: KernelListener = {
    changed: (area, by) =>
      this.#fire({ kind: 'kernel', area, ...(by !== undefined && { by: [{ ...by, count: 1 }] }) }),
    isOurs: (namespace, { name }) => this.#host?.own.recognise(ruleTransaction(namespace, name)) ?? false,
    unavailable: (what, error) =>
      this.#options.log.warn('kernel events unavailable, looking periodically', {
        what,
        ...errorFields(error),
      }),
  };

  #read(reading: Reading<L>): void {
    this.#options.onReading(reading);
    const { loaded } = reading;
    if (!isGood(loaded)) return;
    const first = this.#good === undefined;
    this.#good = loaded;
    this.#trigger.fire({ kind: first ? 'start' : 'file' });
  }

  #up(host: Host): void {
    const isKnown = this.#host === host;
    if (!isKnown) this.#options.log.info('engine found', engineFields(host));
    this.#host = host;
    this.#options.onUp(host);
    this.#fire({ kind: isKnown ? 'renewed' : 'connected' });
  }

  #happened(event: EngineEvent): void {
    const ready = this.#options.onEvent(event);
    if (ready === undefined) this.#fire(causeOf(event));
    else void ready.then(() => this.#fire(causeOf(event)));
  }

  #away(error: unknown): void {
    this.#host = undefined;
    this.#options.log.warn('waiting for the engine', errorFields(error));
    this.#options.onAway(error);
  }

  async #pass(causes: readonly Cause[], meanwhile: () => readonly Cause[]): Promise<PassEnd> {
    if (this.#host === undefined || this.#good === undefined) return { changed: false, settled: true };
    const [host, { signal, contention }] = [this.#host, this.#options];
    if (!(await this.#hasBegun())) return { changed: false, settled: true };
    const later = this.#putOff(causes);
    if (later !== undefined) return { changed: false, settled: true, nextLook: later };
    const began = performance.now();
    this.#listening.pause();
    const passed = await this.#options.pass(host, this.#good, causes, signal, meanwhile);
    const { end, left, repairs = [], passing = false } = passed;
    const now = performance.now();
    if (signal.aborted || left === undefined) return end;
    const heard = [...causes, ...meanwhile()];
    const byOf = (area: Area) => heard.flatMap((cause) => (cause.area === area ? (cause.by ?? []) : []));
    contention.passed(repairs, byOf, began, now);
    this.#listening.follow(host, left, passing);
    const looks = [end.nextLook, contention.nextLook(now)].filter((at) => at !== undefined);
    return { ...end, ...(looks.length > 0 && { nextLook: Math.min(...looks) }) };
  }

  /** Until when a pass is put off that nothing but time asks for; never twice, for others may go on waiting. */
  #putOff(causes: readonly Cause[]): number | undefined {
    const untils = causes.map((cause) =>
      timely.has(cause.kind) ? this.#options.givesWay(cause, performance.now()) : undefined,
    );
    const [until] = untils.includes(undefined) || this.#isPutOff ? [] : untils;
    this.#isPutOff = until !== undefined;
    return until;
  }

  async #hasBegun(): Promise<boolean> {
    this.#beginning ??= this.#options.begin();
    try {
      await this.#beginning;
      return true;
    } catch (error) {
      if (!this.#options.signal.aborted) this.#fail(error);
      return false;
    }
  }
}

const timely: ReadonlySet<Cause['kind']> = new Set(['retry', 'period']);

function isGood<L extends AnyLoaded>(loaded: L): loaded is Good<L> {
  return loaded.ok;
}

function engineFields({ engine }: Host): Readonly<Record<string, string>> {
  const { kind, version, apiVersion, address } = engine;
  return { engine: kind, version, api: apiVersion, address };
}
