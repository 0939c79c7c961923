import { setImmediate } from 'node:timers/promises';
import type { Change } from '../model/change.ts';
import { groupBy } from '../model/group-by.ts';
import type { Notice } from '../model/notice.ts';
import type { Operation, Outcome } from '../model/plan.ts';
import type { ChangeLine, FailedLine, NoticeLine, ProblemAt } from '../model/status.ts';
import { changeLine, changeLines, type Locate, lineKey, linesOf, noticeLine, warningLine } from './lines.ts';
import { type Summary, summaryOf } from './plan-document.ts';

/** A line of the plan and what became of it. */
export interface OutcomeLine extends ChangeLine {
  readonly result: Outcome['result'];
  readonly because: string;
  readonly error?: string;
}

/** What `apply --json` and `destroy --json` print. */
export interface PassDocument {
  readonly converged: boolean;
  readonly rounds: number;
  /** The signal that ended it early. */
  readonly interrupted?: NodeJS.Signals;
  readonly changes: readonly OutcomeLine[];
  /** What the last look found still to do. */
  readonly remaining: readonly ChangeLine[];
  readonly notices: readonly NoticeLine[];
  readonly summary: Summary & { readonly failed: number; readonly skipped: number };
}

/** What a pass left behind, as far as a person is concerned. */
export interface PassResult {
  readonly outcomes: readonly Outcome[];
  readonly remaining: readonly Operation[];
  readonly notices: readonly Notice[];
  /** What the file itself deserves a look for. */
  readonly warnings?: readonly ProblemAt[];
  readonly rounds: number;
  readonly converged: boolean;
  readonly interrupted?: NodeJS.Signals;
}

/** What was done and what not: per line of the plan the last word on each of its operations; `changes` where they are known. */
export function passDocument(
  pass: PassResult,
  locate: Locate,
  changes: readonly OutcomeLine[] = outcomeLines(pass.outcomes, locate),
): PassDocument {
  const notices = [
    ...pass.notices.map((notice) => noticeLine(notice, locate)),
    ...(pass.warnings ?? []).map(warningLine),
  ];
  const done = changes.filter(({ result }) => result === 'done');
  return {
    converged: pass.converged,
    rounds: pass.rounds,
    ...(pass.interrupted !== undefined && { interrupted: pass.interrupted }),
    changes,
    remaining: changeLines(pass.remaining, locate),
    notices,
    summary: {
      ...summaryOf(done, notices),
      failed: changes.filter(({ result }) => result === 'failed').length,
      skipped: changes.filter(({ result }) => result === 'skipped').length,
    },
  };
}

/** The lines that failed or were skipped, as the status keeps them until a later pass succeeds. */
export function failedLines(outcomes: readonly Outcome[], locate: Locate): readonly FailedLine[] {
  return outcomeLines(outcomes, locate)
    .filter(({ result }) => result !== 'done')
    .map(({ sign, area, place, text, position, error, result }) => ({
      sign,
      area,
      ...(place !== undefined && { place }),
      text,
      ...(position !== undefined && { position }),
      error: error ?? result,
    }));
}

/** Per line of the plan the last word on each of its operations, in order. */
export function outcomeLines(outcomes: readonly Outcome[], locate: Locate): readonly OutcomeLine[] {
  return outcomesByLine(outcomes).map((line) => outcomeLine(line, locate));
}

/** As `outcomeLines`, while other things go on. */
export async function outcomeLinesMeanwhile(
  outcomes: readonly Outcome[],
  locate: Locate,
): Promise<readonly OutcomeLine[]> {
  const all = outcomesByLine(outcomes);
  const lines: OutcomeLine[] = [];
  for (let at = 0; at < all.length; at += linesAtOnce) {
    await setImmediate();
    for (const line of all.slice(at, at + linesAtOnce)) lines.push(outcomeLine(line, locate));
  }
  return lines;
}

/** Some milliseconds of work. */
const linesAtOnce = 500;

/** A line of the plan and the outcomes that it speaks of. */
interface LineOutcomes {
  readonly change: Change;
  readonly outcomes: readonly Outcome[];
}

function outcomesByLine(outcomes: readonly Outcome[]): readonly LineOutcomes[] {
  const byLine = new Map<string, { readonly change: Change; outcomes: readonly Outcome[] }>();
  for (const outcome of lastOfEach(outcomes)) {
    const alone = [outcome];
    for (const change of linesOf(outcome.operation)) {
      const key = lineKey(change);
      const known = byLine.get(key);
      if (known === undefined) byLine.set(key, { change, outcomes: alone });
      else known.outcomes = [...known.outcomes, outcome];
    }
  }
  return [...byLine.values()];
}

function outcomeLine({ change, outcomes }: LineOutcomes, locate: Locate): OutcomeLine {
  const worst =
    outcomes.find(({ result }) => result === 'failed') ?? outcomes.find(({ result }) => result === 'skipped');
  const [first] = outcomes;
  const line = {
    ...changeLine(change, locate),
    result: worst?.result ?? 'done',
    because:
      outcomes.length === 1 && first !== undefined
        ? first.operation.because
        : [...new Set(outcomes.map(({ operation }) => operation.because))].join('; '),
  };
  return worst?.error === undefined ? line : { ...line, error: worst.error };
}

/** Of outcomes of the same operation in several rounds the last, at the place of the first; its details may differ by then. */
function lastOfEach(outcomes: readonly Outcome[]): Iterable<Outcome> {
  const alike = groupBy(outcomes, ({ operation }) => nearIdentity(operation));
  const last = new Map<string, Outcome>();
  for (const outcome of outcomes) {
    const { changes } = outcome.operation;
    const near = nearIdentity(outcome.operation);
    // What an operation changes may be ten thousand lines: they are compared only where there is something to compare.
    const isAlone = alike.get(near)?.length === 1;
    last.set(isAlone ? near : JSON.stringify([near, changes.map(lineKey)]), outcome);
  }
  return last.values();
}

function nearIdentity(operation: Operation): string {
  const { kind, changes } = operation;
  const where = 'namespace' in operation ? operation.namespace : operation.network;
  const family = 'family' in operation ? [operation.family] : [];
  const table = kind === 'restore-table' ? [operation.table] : [];
  return JSON.stringify([kind, where, ...family, ...table, changes.length]);
}
