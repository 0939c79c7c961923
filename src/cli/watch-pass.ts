import { randomBytes } from 'node:crypto';
import type { Host } from '../host/host.ts';
import type { LoadedConfig } from '../load/load.ts';
import type { Outcome } from '../model/plan.ts';
import { hostNamespace, type Observed } from '../model/state.ts';
import { reconcile } from '../reconcile.ts';
import type { Cause } from '../watch/trigger.ts';
import type { PassResult } from '../watch/watch.ts';
import { findingsOf, type PassView } from './repairs.ts';
import type { WatchReport } from './watch-report.ts';

export interface PassWork {
  readonly host: Host;
  readonly good: LoadedConfig;
  readonly causes: readonly Cause[];
  readonly signal: AbortSignal;
}

/** The passes of a daemon, one after the other. */
export class WatchPasses {
  readonly #report: WatchReport;
  #last: PassView | undefined;
  /** What the last pass saw in the end, where there was nothing left to do. */
  #seen: { readonly host: Host; readonly observed: Observed } | undefined;

  constructor(report: WatchReport) {
    this.#report = report;
  }

  /** One pass, told to the report however it ends; rejects for nothing. */
  async run({ host, good, causes, signal }: PassWork): Promise<PassResult> {
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
    const remembered = this.#unchanged(host, causes);
    this.#seen = undefined;
    try {
      const pass = await reconcile(host, good.config, {
        signal,
        onOutcome: (outcome) => outcomes.push(outcome),
        ...(remembered !== undefined && { remembered }),
      });
      if (pass.converged) this.#seen = { host, observed: pass.last.observed };
      const { desired, observed } = pass.last;
      const view = {
        desired,
        outcomes: pass.outcomes,
        lifeOf: livesOf(host, [...desired.namespaces.keys()]),
      };
      const findings = findingsOf(this.#last, view);
      this.#last = view;
      this.#report.passed({ ...facts(), outcomes: pass.outcomes, findings }, pass);
      const end = { changed: hasChanged(outcomes), settled: pass.converged };
      const inside = [...desired.namespaces.values()]
        .filter(({ id, tables }) => id !== hostNamespace && tables.length > 0)
        .map(({ id }) => id);
      return { end, backend: observed.backend, inside, repairs: findings };
    } catch (error) {
      this.#report.brokeOff(facts(), error, signal.aborted);
      return { end: { changed: hasChanged(outcomes), settled: false } };
    }
  }

  /** The host as it was last seen; undefined when anything but the file asks for this pass, or asked for one since. */
  #unchanged(host: Host, causes: readonly Cause[]): Observed | undefined {
    const isFileAlone = causes.every(({ kind }) => kind === 'file');
    return isFileAlone && this.#seen?.host === host ? this.#seen.observed : undefined;
  }
}

/** As they are now: the host forgets what it knew of them with the next pass. */
function livesOf(host: Host, namespaces: readonly string[]): PassView['lifeOf'] {
  const lives = new Map(namespaces.map((id) => [id, host.namespaces.lives(id)?.eldest]));
  return (id) => lives.get(id);
}

function hasChanged(outcomes: readonly Outcome[]): boolean {
  return outcomes.some(({ result }) => result === 'done');
}
