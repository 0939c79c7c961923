import { setMaxListeners } from 'node:events';
import type { EngineEvent } from '../host/engine-events.ts';
import type { Host } from '../host/host.ts';
import { linkedAbort } from '../host/linked-abort.ts';
import { ruleTransaction } from '../host/own-effects.ts';
import { errorFields, type Log } from '../log.ts';
import type { Desired } from '../model/desired.ts';
import { hostNamespace } from '../model/namespace.ts';
import type { Observed } from '../model/observed.ts';
import type { Area } from './area.ts';
import { Aside } from './aside.ts';
import { ConfigFile, type Reading } from './config-file.ts';
import { ContainerEvents } from './container-events.ts';
import type { Contention, Repair } from './contention.ts';
import { followEngine } from './engine-events.ts';
import { FixedConfig } from './fixed-config.ts';
import { followKernel, type KernelListener } from './kernel-events.ts';
import { LegacyRules } from './legacy-rules.ts';
import { Polls } from './polls.ts';
import { type Cause, type PassEnd, Trigger, usualTiming } from './trigger.ts';
import { WarmUps } from './warm-ups.ts';

/** A loaded file; only a good one is passed on. */
export type AnyLoaded = { readonly ok: true } | { readonly ok: false };
export type Good<L extends AnyLoaded> = Extract<L, { readonly ok: true }>;

export interface PassResult {
  readonly end: PassEnd;
  /** What was wanted and what was found last; undefined when the pass did not get that far. */
  readonly left?: { readonly desired: Desired; readonly observed: Observed };
  /** What it put right that others had changed. */
  readonly repairs?: readonly Repair[];
  /** A look at everything follows soon: what costs a process for each container that started has time until then. */
  readonly passing?: boolean;
}

export interface WatchOptions<L extends AnyLoaded> {
  /** The file or directory; undefined where the configuration is in none, and does not change. */
  readonly path?: string;
  readonly load: () => Promise<L>;
  readonly open: (signal: AbortSignal) => Promise<Host>;
  /** Once, before the first pass: what it rejects with ends the watch. */
  readonly begin: () => Promise<void>;
  /** One pass with the last good file; must not reject, and ends early when the signal fires. */
  readonly pass: (
    host: Host,
    good: Good<L>,
    causes: readonly Cause[],
    signal: AbortSignal,
    /** What has been heard of since it began. */
    meanwhile: () => readonly Cause[],
  ) => Promise<PassResult>;
  /** The file's content changed, for better or worse. */
  readonly onReading: (reading: Reading<L>) => void;
  /** The engine is there, or there again: whatever was listed before is out of date. */
  readonly onUp: (host: Host) => void;
  readonly onEvent: (event: EngineEvent) => void;
  /** The engine went away; told once until it is back. */
  readonly onAway: (error: unknown) => void;
  /** What is left alone for a while because somebody keeps undoing it. */
  readonly contention: Contention;
  /** Until when, by `performance.now()`, a cause is put aside, since others wait for something more urgent; undefined: it is not. */
  readonly givesWay: (cause: Cause, now: number) => number | undefined;
  readonly log: Log;
  /** Milliseconds between full looks, and between comparisons of the file's content. */
  readonly period: number;
  readonly env: NodeJS.ProcessEnv;
  /** Ends the watch; no further pass begins, and the running one ends after its current operation. */
  readonly signal: AbortSignal;
}

/** Keeps passes coming until it is stopped: on every change of the file, the engine and the kernel, and every period. */
export class Watch<L extends AnyLoaded> {
  readonly #options: WatchOptions<L>;
  readonly #trigger: Trigger;
  readonly #aside: Aside;
  readonly #file: ConfigFile<L> | FixedConfig<L>;
  readonly #containers: ContainerEvents;
  readonly #legacy: LegacyRules;
  readonly #polls: Polls;
  readonly #warmUps: WarmUps;
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
    this.#legacy = new LegacyRules((namespace) => this.#kernelListener.changed(`rules ${namespace}`));
    this.#polls = new Polls((area) => this.#kernelListener.changed(area), options.env);
    this.#containers = new ContainerEvents(this.#kernelListener, options.env);
    this.#warmUps = new WarmUps(options.log);
    this.#file = this.#configOf(options);
  }

  #configOf({ path, load, period, log }: WatchOptions<L>): ConfigFile<L> | FixedConfig<L> {
    const changed = (reading: Reading<L>): void => this.#read(reading);
    if (path === undefined) return new FixedConfig(load, changed);
    return new ConfigFile({
      path,
      load,
      pollEvery: period,
      listener: {
        changed,
        pollingOnly: (error) =>
          log.warn('no file events here, polling', { period: period / 1000, ...errorFields(error) }),
        replacedOutside: () =>
          log.warn('the file was replaced outside this mount of a single file', {
            file: path,
            hint: 'mount its directory instead',
          }),
        broke: (error) => log.error('reading the file failed', errorFields(error)),
      },
    });
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
      this.#containers.stop();
      this.#warmUps.stop();
      await this.#legacy.stop();
      await this.#polls.stop();
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
    this.#options.onEvent(event);
    const { type, action, id, attributes } = event;
    const name = attributes['name'] ?? attributes['container'] ?? '';
    const detail = `${type} ${action} ${name}`.trim();
    const container = type === 'container' ? id : attributes['container'];
    this.#fire({
      kind: 'engine',
      detail,
      ...(container !== undefined && { container }),
      ...(!certain.has(action) && { mayBeStarting: true }),
      ...(action === 'start' && { urgent: true }),
      // A container that starts is never kept waiting, whatever is being done to networks.
      ...(type === 'network' && { area: 'engine' }),
    });
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
    this.#polls.pause();
    this.#legacy.pause();
    const passed = await this.#options.pass(host, this.#good, causes, signal, meanwhile);
    const { end, left, repairs = [], passing = false } = passed;
    const now = performance.now();
    if (signal.aborted || left === undefined) return end;
    const heard = [...causes, ...meanwhile()];
    const byOf = (area: Area) => heard.flatMap((cause) => (cause.area === area ? (cause.by ?? []) : []));
    contention.passed(repairs, byOf, began, now);
    this.#follow(host, left, passing);
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

  /** Listens and looks where something of ours is. */
  #follow(host: Host, { desired, observed }: NonNullable<PassResult['left']>, passing: boolean): void {
    const { backend } = observed;
    this.#legacy.follow(host, observed);
    const inside = [...desired.namespaces.values()]
      .filter(({ id, tables }) => id !== hostNamespace && tables.length > 0)
      .map(({ id }) => id);
    const wanted = backend === 'nft' ? inside : [];
    this.#containers.follow(host, passing ? wanted.filter((id) => this.#containers.follows(id)) : wanted);
    this.#polls.follow(host, observed, passing);
    this.#warmUps.follow(host, desired.warmUps);
  }
}

const timely: ReadonlySet<Cause['kind']> = new Set(['retry', 'period']);

/** After any other event the container may be about to start, even after its death: Docker answers no question about it until it has. */
const certain: ReadonlySet<string> = new Set(['start', 'destroy', 'remove']);

function isGood<L extends AnyLoaded>(loaded: L): loaded is Good<L> {
  return loaded.ok;
}

function engineFields({ engine }: Host): Readonly<Record<string, string>> {
  const { kind, version, apiVersion, address } = engine;
  return { engine: kind, version, api: apiVersion, address };
}
