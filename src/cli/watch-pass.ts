import { randomBytes } from 'node:crypto';
import type { Host } from '../host/host.ts';
import type { LoadedConfig } from '../load/load.ts';
import type { Outcome } from '../model/plan.ts';
import { hostNamespace } from '../model/state.ts';
import { reconcile } from '../reconcile.ts';
import type { Cause } from '../watch/trigger.ts';
import type { PassResult } from '../watch/watch.ts';
import type { WatchReport } from './watch-report.ts';

export interface PassWork {
  readonly host: Host;
  readonly good: LoadedConfig;
  readonly causes: readonly Cause[];
  readonly signal: AbortSignal;
  readonly report: WatchReport;
}

/** One pass, told to the report however it ends; rejects for nothing. */
export async function watchPass({ host, good, causes, signal, report }: PassWork): Promise<PassResult> {
  const id = randomBytes(4).toString('hex');
  const at = new Date().toISOString();
  const began = performance.now();
  const outcomes: Outcome[] = [];
  const facts = () => ({
    id,
    at,
    milliseconds: Math.round(performance.now() - began),
    causes,
    good,
    outcomes,
  });
  try {
    const pass = await reconcile(host, good.config, {
      signal,
      onOutcome: (outcome) => outcomes.push(outcome),
    });
    report.passed({ ...facts(), outcomes: pass.outcomes }, pass);
    const end = { changed: hasChanged(outcomes), settled: pass.converged };
    const { desired, observed } = pass.last;
    const inside = [...desired.namespaces.values()]
      .filter(({ id, tables }) => id !== hostNamespace && tables.length > 0)
      .map(({ id }) => id);
    return { end, backend: observed.backend, inside };
  } catch (error) {
    report.brokeOff(facts(), error, signal.aborted);
    return { end: { changed: hasChanged(outcomes), settled: false } };
  }
}

function hasChanged(outcomes: readonly Outcome[]): boolean {
  return outcomes.some(({ result }) => result === 'done');
}
