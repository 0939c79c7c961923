import type { EngineEvent } from '../host/engine-events.ts';
import type { Host } from '../host/host.ts';
import type { Log } from '../log.ts';
import type { Desired } from '../model/desired.ts';
import type { Observed } from '../model/observed.ts';
import type { Cause } from './cause.ts';
import type { Reading } from './config-file.ts';
import type { Contention, Repair } from './contention.ts';
import type { PassEnd } from './trigger.ts';

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
  /** Fulfilled, where it returns anything, when a look can be taken at what happened. */
  readonly onEvent: (event: EngineEvent) => Promise<void> | undefined;
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
