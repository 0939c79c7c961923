import { randomBytes } from 'node:crypto';
import type { Host } from '../host/host.ts';
import type { LoadedConfig } from '../load/load.ts';
import type { Outcome } from '../model/plan.ts';
import type { NamespaceId, Observed } from '../model/state.ts';
import { withRulesAgain } from '../observe/rules-again.ts';
import { type Glance, isUnchanged } from '../observe/unchanged.ts';
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

/** What the last pass that came to its end left behind. */
interface Left {
  readonly host: Host;
  readonly good: LoadedConfig;
  readonly view: PassView;
  readonly observed: Observed;
  readonly converged: boolean;
}

export interface PassesOptions {
  readonly report: WatchReport;
  /** The kernel tells of routes in containers; where it does not, every glance goes there too. */
  readonly hearsInside: boolean;
}

/** Of the looks that only time asks for, one in so many reads everything; the others see what `isUnchanged` does. */
const fullEvery = 10;

/** The passes of a daemon, one after the other. */
export class WatchPasses {
  readonly #options: PassesOptions;
  #last: Left | undefined;
  #glances = 0;

  constructor(options: PassesOptions) {
    this.#options = options;
  }

  /** One pass, told to the report however it ends; rejects for nothing. */
  async run(work: PassWork): Promise<PassResult> {
    const { host, good, causes, signal } = work;
    const { report } = this.#options;
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
      const glanced = await this.#glance(work);
      if (glanced !== undefined) return glanced;
      const remembered = await this.#remembered(work);
      const pass = await reconcile(host, good.config, {
        signal,
        onOutcome: (outcome) => outcomes.push(outcome),
        ...(remembered !== undefined && { remembered }),
      });
      const { desired, observed } = pass.last;
      const view = {
        desired,
        outcomes: pass.outcomes,
        lifeOf: livesOf(host, [...desired.namespaces.keys()]),
      };
      const findings = findingsOf(this.#last?.view, view);
      this.#last = { host, good, view, observed, converged: pass.converged };
      this.#glances = 0;
      report.passed({ ...facts(), outcomes: pass.outcomes, findings }, pass);
      const end = { changed: hasChanged(outcomes), settled: pass.converged };
      return { end, left: { desired, observed }, repairs: findings };
    } catch (error) {
      this.#last = this.#last && { ...this.#last, converged: false };
      report.brokeOff(facts(), error, signal.aborted);
      return { end: { changed: hasChanged(outcomes), settled: false } };
    }
  }

  /**
   * The host as it was last seen, where nothing was left to do, with the rules read again that somebody has changed since; undefined
   * when anything but these and the file asks for this pass.
   */
  async #remembered({ host, causes, signal }: PassWork): Promise<Observed | undefined> {
    const last = this.#last;
    if (last?.host !== host || !last.converged) return undefined;
    const changed = new Set<NamespaceId>();
    for (const { kind, area } of causes) {
      if (kind === 'file') continue;
      if (kind !== 'kernel' || area?.startsWith('rules ') !== true) return undefined;
      changed.add(area.slice('rules '.length));
    }
    return changed.size === 0 ? last.observed : await withRulesAgain(host, last.observed, changed, signal);
  }

  /** Looks only at where something may have happened; undefined when that is not enough. */
  async #glance({ host, good, causes, signal }: PassWork): Promise<PassResult | undefined> {
    const last = this.#last;
    const glance = glanceFor(causes, this.#options.hearsInside);
    if (glance === undefined || last?.converged !== true || last.host !== host || last.good !== good)
      return undefined;
    if ((last.observed.unreadable?.size ?? 0) > 0) return undefined;
    if (causes.some(({ kind }) => kind === 'period') && ++this.#glances >= fullEvery) return undefined;
    const began = performance.now();
    if (!(await isUnchanged(host, last.observed, glance, signal))) return undefined;
    this.#options.report.glanced(causes, Math.round(performance.now() - began));
    return {
      end: { changed: false, settled: true },
      left: { desired: last.view.desired, observed: last.observed },
    };
  }
}

/** Undefined where one of the causes asks for a full look. */
function glanceFor(causes: readonly Cause[], hearsInside: boolean): Glance | undefined {
  const isPeriod = causes.some(({ kind }) => kind === 'period');
  const routes = causes.some(({ area }) => area === 'routes host');
  const inside = causes.some(({ area }) => area === 'routes inside');
  const enough = causes.every(
    ({ kind, area }) => kind === 'period' || area === 'routes host' || area === 'routes inside',
  );
  if (!enough) return undefined;
  return {
    rules: isPeriod,
    routes: isPeriod || routes,
    inside: inside || (isPeriod && !hearsInside),
    engine: isPeriod,
  };
}

/** As they are now: the host forgets what it knew of them with the next pass. */
function livesOf(host: Host, namespaces: readonly string[]): PassView['lifeOf'] {
  const lives = new Map(namespaces.map((id) => [id, host.namespaces.lives(id)?.eldest]));
  return (id) => lives.get(id);
}

function hasChanged(outcomes: readonly Outcome[]): boolean {
  return outcomes.some(({ result }) => result === 'done');
}
