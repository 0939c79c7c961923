import { constants } from 'node:os';

/** Ctrl-C or a request to end, as a command sees it. */
export interface Interruption {
  /** Fires once, at the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  /** Which it was. */
  by(): NodeJS.Signals | undefined;
  /** Stops listening. */
  end(): void;
}

/** What signals are heard by. */
export interface Listening {
  on(name: NodeJS.Signals, listener: (name: NodeJS.Signals) => void): unknown;
  off(name: NodeJS.Signals, listener: (name: NodeJS.Signals) => void): unknown;
  exit(code: number): void;
}

/** Turns the first SIGINT or SIGTERM into an abort; the second ends the process at once. */
export function listenForInterruption(target: Listening): Interruption {
  const controller = new AbortController();
  const heard: NodeJS.Signals[] = [];
  const onSignal = (name: NodeJS.Signals): void => {
    if (heard.push(name) > 1) target.exit(exitCodeOf(name));
    controller.abort(new Error(`interrupted by ${name}`));
  };
  const names = ['SIGINT', 'SIGTERM'] as const;
  for (const name of names) target.on(name, onSignal);
  return {
    signal: controller.signal,
    by: () => heard[0],
    end: () => {
      for (const name of names) target.off(name, onSignal);
    },
  };
}

/** Leaves the signals their usual effect. */
export const uninterrupted: Interruption = {
  signal: new AbortController().signal,
  by: () => undefined,
  end: () => undefined,
};

/** 130 for SIGINT, 143 for SIGTERM: what a shell reports of a process that the signal ended. */
export function exitCodeOf(name: NodeJS.Signals): number {
  return 128 + constants.signals[name];
}
