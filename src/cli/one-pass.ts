import { isNetwrightError, NetwrightError } from '../errors.ts';
import type { Host } from '../host/host.ts';
import { acquireLock, refuseRivals } from '../host/lock.ts';
import type { Outcome } from '../model/plan.ts';
import type { ChangeLine } from '../model/status.ts';
import { look, type Pass, reconcile } from '../reconcile.ts';
import type { Context } from './command.ts';
import { printFailure } from './failure.ts';
import type { GoodFile } from './good-file.ts';
import { type Opened, openAndLook, whileReading } from './head-start.ts';
import { exitCodeOf } from './interruption.ts';
import { lineKey } from './lines.ts';
import type { PassDocument, PassResult } from './pass-document.ts';
import { Telling } from './telling.ts';

export interface OnePass {
  readonly command: 'apply' | 'destroy';
  /** What the host is to be made; undefined when that has mistakes, which have been told then. */
  readonly read: () => Promise<GoodFile | undefined>;
  /** What to do when a daemon is at work. */
  readonly daemonHint: string;
  readonly nothingToDo: string;
}

type Work = OnePass & { readonly file: GoodFile };

/** How long another command of the same instance is waited for. */
const lockWaitMs = 10_000;
/** How long a last look may take after an interruption. */
const lastLookMs = 10_000;

/** Alone on the host, one pass to its end or to the interruption, told to the user; settles with the exit code. */
export async function doOnePass(context: Context, work: OnePass): Promise<number> {
  const begun = await whileReading(context, (signal) => openAlone(context, work, signal), work.read);
  if (begun === undefined) return 1;
  const { file, opened } = begun;
  try {
    return await told(context, opened, { ...work, file });
  } finally {
    await opened.leave();
  }
}

/** The host, with everybody else of this instance kept from changing it until it is left. */
async function openAlone(
  context: Context,
  { command, daemonHint }: OnePass,
  signal: AbortSignal,
): Promise<Opened & { readonly leave: () => Promise<void> }> {
  const { options, version } = context;
  const { ownership } = options;
  const lock = await acquireLock(ownership, { command, version }, { waitMs: lockWaitMs, signal, daemonHint });
  const leave = () => lock.release();
  try {
    await refuseRivals(ownership);
    return { ...(await openAndLook(context, signal)), leave };
  } catch (error) {
    await leave();
    throw error;
  }
}

async function told(context: Context, { host, begun }: Opened, work: Work): Promise<number> {
  const { interruption } = context;
  const { signal } = interruption;
  const outcomes: Outcome[] = [];
  const onOutcome = (outcome: Outcome): void => void outcomes.push(outcome);
  const telling = new Telling(context, work);
  const onVerifying = telling.foresee.bind(telling);
  try {
    const pass = await reconcile(host, work.file.config, { signal, onOutcome, onVerifying, begun });
    return await tellPass(context, telling, pass, work);
  } catch (error) {
    const name = interruption.by();
    if (name !== undefined) return await tellInterrupted(context, host, { work, telling, outcomes, name });
    if (outcomes.length === 0 || !isNetwrightError(error)) throw error;
    // What was done before the engine went away is told too.
    await telling.tell({ ...unknownRest, outcomes });
    printFailure(error, context.terminal);
    return 1;
  }
}

const unknownRest = { outcomes: [], remaining: [], notices: [], rounds: 1, converged: false } as const;

async function tellPass(
  context: Context,
  telling: Telling,
  pass: Pass,
  { command }: OnePass,
): Promise<number> {
  const { outcomes, last, rounds, converged } = pass;
  const { operations, notices } = last.plan;
  const document = await telling.tell({ outcomes, remaining: operations, notices, rounds, converged });
  const back = converged ? [] : doneAndLeft(document);
  if (back.length > 0) {
    const message = `done and yet still to do after ${rounds - 1} rounds: ${namesOf(back)}`;
    const hint = 'something on this host undoes it: a second netwright, a firewall service, a script';
    printFailure(new NetwrightError('NOT_CONVERGED', message, { hint }), context.terminal);
  }
  const { refused, waiting } = document.summary;
  if (command === 'destroy' && waiting > 0) {
    const hint = 'run destroy again once what it waits for is over';
    printFailure(new NetwrightError('NOT_CONVERGED', 'not all of it is gone', { hint }), context.terminal);
    return 1;
  }
  return converged && refused === 0 ? 0 : 1;
}

function doneAndLeft({ changes, remaining }: PassDocument): readonly ChangeLine[] {
  const done = new Set(changes.filter(({ result }) => result === 'done').map(lineKey));
  return remaining.filter((line) => done.has(lineKey(line)));
}

interface Interrupted {
  readonly work: Work;
  readonly telling: Telling;
  readonly outcomes: readonly Outcome[];
  readonly name: NodeJS.Signals;
}

/** Looks once more, so that what is said to be left is left. */
async function tellInterrupted(
  context: Context,
  host: Host,
  { work, telling, outcomes, name }: Interrupted,
): Promise<number> {
  const result: PassResult = { ...unknownRest, outcomes, interrupted: name };
  const signal = AbortSignal.timeout(lastLookMs);
  try {
    const { operations, notices } = (await look(host, work.file.config, signal)).plan;
    await telling.tell({ ...result, remaining: operations, notices, converged: operations.length === 0 });
    printFailure({ message: `interrupted by ${name}`, hint: undefined }, context.terminal);
  } catch (error) {
    if (!isNetwrightError(error) && !signal.aborted) throw error;
    await telling.tell(result);
    const message = `interrupted by ${name}; what is left to do could not be looked up`;
    printFailure({ message, hint: 'run plan to see it' }, context.terminal);
  }
  return exitCodeOf(name);
}

function namesOf(lines: readonly ChangeLine[]): string {
  const shown = lines.slice(0, 5).map(({ sign, text }) => `${sign} ${text.replace(/\s+/g, ' ')}`);
  return shown.join('; ') + (lines.length > shown.length ? `; and ${lines.length - shown.length} more` : '');
}
