import { NetwrightError } from '../errors.ts';
import { fieldsOf, textOf } from './answer.ts';
import { codeOf } from './code.ts';
import { withDeadline } from './deadline.ts';

const actWithinMs = 60_000;

/** How one engine is asked: with a deadline, and with its refusals as errors of ours. */
export interface EngineCalls {
  /** Resolves with what the engine answered. */
  readonly ask: <T>(signal: AbortSignal, call: (stop: AbortSignal) => Promise<T>) => Promise<T>;
  /** As `ask`, where nothing is to be learnt from the answer; so many ms longer. */
  readonly act: (
    signal: AbortSignal,
    call: (stop: AbortSignal) => Promise<unknown>,
    longer?: number,
  ) => Promise<void>;
}

/** The calls to the engine at this address. */
export function engineCalls(address: string): EngineCalls {
  const askFor = async <T>(
    signal: AbortSignal,
    call: (stop: AbortSignal) => Promise<T>,
    milliseconds: number,
  ): Promise<T> => {
    try {
      return await withDeadline(signal, milliseconds, slow(address), call);
    } catch (error) {
      throw signal.aborted ? error : refusal(address, error);
    }
  };
  return {
    ask: (signal, call) => askFor(signal, call, actWithinMs),
    act: async (signal, call, longer = 0) => {
      await askFor(signal, call, actWithinMs + longer);
    },
  };
}

/** The error for an engine that takes too long. */
export const slow = (address: string) => (): NetwrightError =>
  new NetwrightError('ENGINE_UNREACHABLE', `the engine at ${address} does not answer in time`);

/** Undefined where the engine has no such thing, or has nothing to take away. */
export async function unlessGone<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** Fulfilled, too, where the engine says that all is so already. */
export async function unlessDone(asked: Promise<void>): Promise<void> {
  try {
    await asked;
  } catch (error) {
    if (!(error instanceof NetwrightError && statusOf(error.cause) === 304)) throw error;
  }
}

/**
 * No such thing; or, said with 403 or 500, a container that is not in the network it is to leave, or that went while Podman was busy
 * with it: for that it refuses the list of all, too (seen on 4.3).
 */
export function isGone(error: unknown): boolean {
  if (!(error instanceof NetwrightError)) return false;
  return statusOf(error.cause) === 404 || goneMeanwhile.test(error.message);
}

const goneMeanwhile = / is not connected to (the )?network |: no such container$/;

function statusOf(error: unknown): unknown {
  return error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
}

/** The engine's own words where it refused; else that it cannot be reached. */
function refusal(address: string, error: unknown): unknown {
  if (error instanceof NetwrightError) return error;
  if (statusOf(error) !== undefined) {
    const said = error instanceof Error && 'json' in error ? textOf(fieldsOf(error.json)['message']) : '';
    const message = said === '' && error instanceof Error ? error.message : said;
    return new NetwrightError('ENGINE_REFUSED', message.trim(), { cause: error });
  }
  const code = codeOf(error);
  if (code === undefined) return error;
  return new NetwrightError('ENGINE_UNREACHABLE', `the engine at ${address} is gone (${code})`, {
    cause: error,
  });
}
