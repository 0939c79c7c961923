interface LinkedAbort {
  readonly signal: AbortSignal;
  readonly abort: (reason?: unknown) => void;
  /** Must be called at the end: the signals may live long. */
  readonly release: () => void;
}

/** A signal that fires when the first of these does, with its reason. Not AbortSignal.any: Node 20 keeps something of every signal made so. */
export function linkedAbort(...signals: readonly AbortSignal[]): LinkedAbort {
  const stop = new AbortController();
  const end = (): void => stop.abort(signals.find(({ aborted }) => aborted)?.reason);
  for (const each of signals) each.addEventListener('abort', end, { once: true });
  if (signals.some(({ aborted }) => aborted)) end();
  return {
    signal: stop.signal,
    abort: (reason) => stop.abort(reason),
    release: () => {
      for (const each of signals) each.removeEventListener('abort', end);
    },
  };
}
