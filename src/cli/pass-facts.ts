import { randomBytes } from 'node:crypto';
import type { Host } from '../host/host.ts';
import type { LoadedConfig } from '../load/load.ts';
import type { Outcome } from '../model/plan.ts';
import type { Cause } from '../watch/cause.ts';
import type { PassFacts } from './watch-report.ts';

/** What a pass is given. */
export interface PassWork {
  readonly host: Host;
  readonly good: LoadedConfig;
  readonly causes: readonly Cause[];
  readonly signal: AbortSignal;
  /** What has been heard of since the pass began. */
  readonly meanwhile: () => readonly Cause[];
}

/** What was done by looks at everything that gave way then, and why; told by the one that does not. */
export interface Owed {
  readonly outcomes: readonly Outcome[];
  readonly heard: readonly Cause[];
}

export const nothingOwed: Owed = { outcomes: [], heard: [] };

/** With what this pass did, which gave way. */
export function owing(before: Owed, outcomes: readonly Outcome[], heard: readonly Cause[]): Owed {
  const done = outcomes.filter(({ result }) => result === 'done');
  if (done.length === 0) return before;
  return { outcomes: [...before.outcomes, ...done], heard: [...before.heard, ...heard] };
}

/** What the report is told of a pass whenever it asks. */
export function factsOf(
  { causes, good, meanwhile }: Pick<PassWork, 'causes' | 'good' | 'meanwhile'>,
  outcomes: readonly Outcome[],
): () => PassFacts {
  const began = performance.now();
  const id = randomBytes(4).toString('hex');
  const at = new Date().toISOString();
  return () => ({
    id,
    at,
    milliseconds: Math.round(performance.now() - began),
    causes,
    heard: [...causes, ...meanwhile()],
    good,
    outcomes,
  });
}
