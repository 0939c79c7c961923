import { linkedAbort } from '../host/linked-abort.ts';
import type { Cause } from '../watch/cause.ts';

/** Tells what can wait that containers have started and wait for their rules. */
export class Hurry {
  #asked = new AbortController();

  /** Fires when one starts, from the last `begin` on. */
  get signal(): AbortSignal {
    return this.#asked.signal;
  }

  /** A pass begins, of which these causes are no part. */
  begin(meanwhile: readonly Cause[]): void {
    this.#asked = new AbortController();
    if (meanwhile.some(({ urgent }) => urgent === true)) this.#asked.abort();
  }

  started(): void {
    this.#asked.abort();
  }
}

/** Does the work with a signal that fires when either of these does; undefined where it was ended by the second alone. */
export async function unlessHurried<T>(
  signal: AbortSignal,
  hurry: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  const stop = linkedAbort(signal, hurry);
  try {
    return await work(stop.signal);
  } catch (error) {
    if (!stop.signal.aborted || signal.aborted) throw error;
    return undefined;
  } finally {
    stop.release();
  }
}
