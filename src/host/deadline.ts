import { setMaxListeners } from 'node:events';
import { linkedAbort } from './linked-abort.ts';

/** Runs the work with a signal that fires when the caller's does or the time is up; rejects then, whether or not the work listens. */
export async function withDeadline<T>(
  signal: AbortSignal,
  milliseconds: number,
  timeUp: () => Error,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  allowManyWaiters(signal);
  // Not AbortSignal.any: Node 20 keeps something of every signal made so for as long as the caller's lives.
  const stop = new AbortController();
  const onAbort = () => stop.abort(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  const timer = setTimeout(() => stop.abort(timeUp()), milliseconds);
  try {
    return await Promise.race([work(stop.signal), rejection(stop.signal)]);
  } catch (error) {
    stop.signal.throwIfAborted();
    throw error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

/** Waits for the work no longer than until the signal fires, and rejects then: what becomes of the work is nobody's concern any more. */
export async function unlessAborted<T>(signal: AbortSignal, work: PromiseLike<T>): Promise<T> {
  signal.throwIfAborted();
  const stop = linkedAbort(signal);
  try {
    return await Promise.race([work, rejection(stop.signal)]);
  } finally {
    stop.release();
  }
}

function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(asError(signal.reason)), { once: true });
  });
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}

/** Dozens of requests and commands wait for one signal at a time here; that is no leak, and Node need not warn of one. */
export function allowManyWaiters(signal: AbortSignal): void {
  setMaxListeners(0, signal);
}
