import type { Server } from 'node:net';
import { type ErrorCode, isNetwrightError, NetwrightError } from '../errors.ts';
import { serveControl } from '../host/control-socket.ts';
import { errorFields, type Log } from '../log.ts';
import type { Done } from '../wake/alone.ts';
import { readRequest } from '../wake/request.ts';
import type { Wake } from '../wake/wake.ts';

/** What a daemon answers to whoever has an entry wake or sleep. */
type Answer =
  | { readonly done: Done }
  | { readonly error: { readonly code: ErrorCode; readonly message: string; readonly hint?: string } };

/** Has the daemon do what it is asked by hand; undefined where nobody can ask it, which is told. */
export async function openControl(path: string, wake: Wake, log: Log): Promise<Server | undefined> {
  try {
    return await serveControl(path, (request) => answerTo(request, wake, log));
  } catch (error) {
    log.warn('wake and sleep are not served', { path, ...errorFields(error) });
    return undefined;
  }
}

async function answerTo(value: unknown, wake: Wake, log: Log): Promise<Answer> {
  try {
    const request = readRequest(value);
    if (request === undefined) throw new NetwrightError('USAGE', 'what is asked for is not understood');
    log.info('asked for by hand', { ...request });
    return { done: { ...(await wake.byHand(request)), by: 'daemon' } };
  } catch (error) {
    if (!isNetwrightError(error)) throw error;
    const { code, message, hint } = error;
    return { error: { code, message, ...(hint !== undefined && { hint }) } };
  }
}

/** What it answered; its failure as that failure. */
export function answered(value: unknown): Done {
  const answer = value as Answer;
  if ('done' in answer) return answer.done;
  const { code, message, hint } = answer.error;
  throw new NetwrightError(code, message, { ...(hint !== undefined && { hint }) });
}
