import { setTimeout as sleep } from 'node:timers/promises';
import { isNetwrightError } from '../errors.ts';
import type { Engine } from '../host/engine.ts';
import type { EngineEvent } from '../host/engine-events.ts';

/** What has an engine: a host, or nothing else. */
interface WithEngine {
  readonly engine: Engine;
}

interface EngineListener<H> {
  /** The engine is there and its events are heard from now on: whatever was listed before is out of date. */
  readonly up: (host: H) => void;
  readonly happened: (event: EngineEvent) => void;
  /** Told once for each time the engine is away. */
  readonly away: (error: unknown) => void;
}

export interface EngineOptions<H extends WithEngine> {
  readonly open: (signal: AbortSignal) => Promise<H>;
  readonly listener: EngineListener<H>;
  readonly signal: AbortSignal;
  /** Milliseconds after which a subscription is replaced by a new one, since a stream can fall silent without ending (H31). */
  readonly renewEvery?: number;
}

const firstWait = 100;
const longestWait = 3_000;
const usualRenewal = 60_000;

/**
 * Keeps the engine open and its events heard until the signal fires, however often it goes away. What is wrong with more
 * than its absence the first time (privileges, an engine netwright cannot work with) is thrown.
 */
export async function followEngine<H extends WithEngine>(options: EngineOptions<H>): Promise<void> {
  const { open, listener, signal } = options;
  let opened = false;
  let isAway = false;
  let wait = firstWait;
  while (!signal.aborted) {
    try {
      const host = await open(signal);
      opened = true;
      const heard = () => {
        isAway = false;
        wait = firstWait;
      };
      await follow(host, options, heard);
    } catch (error) {
      if (isAborted(signal)) return;
      if (!isWorthWaiting(error, opened)) throw error;
      if (!isAway) listener.away(error);
      isAway = true;
    }
    await sleep(wait, undefined, { signal }).catch(() => undefined);
    wait = Math.min(wait * 2, longestWait);
  }
}

/** Read through a function, since the compiler believes what it saw of the signal before an await. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

function isWorthWaiting(error: unknown, opened: boolean): boolean {
  return isNetwrightError(error, 'ENGINE_UNREACHABLE') || (opened && isNetwrightError(error));
}

/** Rejects when the engine goes away. */
async function follow<H extends WithEngine>(
  host: H,
  options: EngineOptions<H>,
  heard: () => void,
): Promise<void> {
  const { listener, signal, renewEvery = usualRenewal } = options;
  while (!signal.aborted) {
    const subscription = new AbortController();
    const end = () => subscription.abort();
    signal.addEventListener('abort', end, { once: true });
    try {
      const events = await host.engine.events(subscription.signal);
      const renewal = setTimeout(end, renewEvery);
      try {
        heard();
        listener.up(host);
        for await (const event of events) listener.happened(event);
      } finally {
        clearTimeout(renewal);
      }
    } finally {
      signal.removeEventListener('abort', end);
      subscription.abort();
    }
  }
}
