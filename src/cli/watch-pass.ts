import { randomBytes } from 'node:crypto';
import type { Host } from '../host/host.ts';
import type { LoadedConfig } from '../load/load.ts';
import type { NamespaceId } from '../model/namespace.ts';
import type { Observed } from '../model/observed.ts';
import type { Outcome } from '../model/plan.ts';
import { inTextsOf } from '../observe/in-texts-of.ts';
import { withRulesAgain } from '../observe/rules-again.ts';
import { isUnchanged } from '../observe/unchanged.ts';
import { type Pass, reconcile } from '../reconcile.ts';
import { KnownPolicies } from '../resolve/known-policies.ts';
import { Resolver } from '../resolve/resolver.ts';
import type { Cause } from '../watch/trigger.ts';
import type { PassResult } from '../watch/watch-options.ts';
import { asksAnew, changedRules, glanceFor, narrowFor } from './asked-for.ts';
import { DueLook } from './due-look.ts';
import { Hurry, unlessHurried } from './hurry.ts';
import { dependsOnRoutes, type Narrowly, passOfContainers } from './narrow-pass.ts';
import { findingsOf, type PassView } from './repairs.ts';
import type { WatchReport } from './watch-report.ts';

export interface PassWork {
  readonly host: Host;
  readonly good: LoadedConfig;
  readonly causes: readonly Cause[];
  readonly signal: AbortSignal;
  /** What has been heard of since the pass began. */
  readonly meanwhile: () => readonly Cause[];
}

/** What the last pass that came to its end left behind. */
interface Left {
  readonly host: Host;
  readonly good: LoadedConfig;
  readonly view: PassView;
  readonly observed: Observed;
  readonly converged: boolean;
  /** Where all was done and not looked at since. */
  readonly trusted: ReadonlySet<NamespaceId>;
}

export interface PassesOptions {
  readonly report: WatchReport;
  /** The kernel tells of routes in containers; where it does not, every glance goes there too. */
  readonly hearsInside: boolean;
  /** Called at the end of a pass that looked at everything, which leaves much behind that nobody needs any more. */
  readonly onLooked: () => void;
}

const nowhere: ReadonlySet<NamespaceId> = new Set();

/** Of the looks that only time asks for, one in so many reads everything; the others see what `isUnchanged` does. */
const fullEvery = 10;

/** The passes of a daemon, one after the other. */
export class WatchPasses {
  readonly #options: PassesOptions;
  #last: Left | undefined;
  #glances = 0;
  readonly #due = new DueLook();
  readonly #hurry = new Hurry();
  readonly #resolver = new Resolver(new KnownPolicies());

  constructor(options: PassesOptions) {
    this.#options = options;
  }

  /** A container has started: what does not concern it gives way. */
  started(): void {
    this.#hurry.started();
  }

  /** One pass, told to the report however it ends; rejects for nothing. */
  async run(work: PassWork): Promise<PassResult> {
    const { host, good, causes, signal, meanwhile } = work;
    const { report } = this.#options;
    const id = randomBytes(4).toString('hex');
    const at = new Date().toISOString();
    const began = performance.now();
    this.#hurry.begin(meanwhile());
    const outcomes: Outcome[] = [];
    let hasLooked = false;
    const facts = () => ({
      id,
      at,
      milliseconds: Math.round(performance.now() - began),
      causes,
      heard: [...causes, ...meanwhile()],
      good,
      outcomes,
    });
    try {
      const glanced = await this.#glance(work);
      if (glanced !== undefined) return glanced;
      hasLooked = true;
      const onOutcome = (outcome: Outcome): void => void outcomes.push(outcome);
      const narrow = await this.#narrowly(work, onOutcome);
      const whole =
        narrow?.enough === true
          ? undefined
          : await this.#ofEverything(work, this.#mayGiveWay(work, narrow), outcomes, onOutcome);
      if (whole === undefined) this.#due.put(performance.now());
      else this.#due.done();
      const pass = whole === undefined ? narrow?.pass : withTexts(whole);
      if (pass === undefined) return { end: { changed: false, settled: true, ...this.#nextLook() } };
      const { desired, observed } = pass.last;
      const view = {
        desired,
        outcomes: pass.outcomes,
        lifeOf: livesOf(host, [...desired.namespaces.keys()]),
      };
      const findings = findingsOf(this.#last?.view, view);
      const trusted = whole === undefined ? (narrow?.pass.trusted ?? nowhere) : nowhere;
      this.#last = { host, good, view, observed, converged: pass.converged, trusted };
      if (whole !== undefined) this.#glances = 0;
      report.passed({ ...facts(), outcomes: pass.outcomes, findings }, pass);
      const end = { changed: outcomes.some(isDone), settled: pass.converged, ...this.#nextLook() };
      return { end, left: { desired, observed }, repairs: findings, passing: whole === undefined };
    } catch (error) {
      this.#last = this.#last && { ...this.#last, converged: false };
      report.brokeOff(facts(), error, signal.aborted);
      return { end: { changed: outcomes.some(isDone), settled: false } };
    } finally {
      if (hasLooked) this.#options.onLooked();
    }
  }

  async #narrowly(work: PassWork, onOutcome: (outcome: Outcome) => void): Promise<Narrowly | undefined> {
    const { host, good, causes, signal } = work;
    const narrow = narrowFor(causes);
    if (narrow === undefined || this.#last === undefined) return undefined;
    if (!this.#isInStep(host, good)) return undefined;
    const isDue = !this.#due.mayWait(performance.now());
    return await passOfContainers({
      host,
      good,
      narrow: isDue ? { ...narrow, andAll: true } : narrow,
      last: { ...this.#last, desired: this.#last.view.desired },
      resolver: this.#resolver,
      hurry: this.#hurry.signal,
      signal,
      onOutcome,
    });
  }

  /** Whether a look at everything may be put off once more, for containers that start while it waits for the engine. */
  #mayGiveWay({ host, good, causes }: PassWork, narrow: Narrowly | undefined): boolean {
    if (narrow === undefined && narrowFor(causes) !== undefined) return false;
    return this.#isInStep(host, good) && this.#due.mayGiveWay(performance.now()) && !asksAnew(causes);
  }

  /** All that was seen last may be built upon. */
  #isInStep(host: Host, good: LoadedConfig): boolean {
    const last = this.#last;
    return last?.converged === true && last.host === host && last.good === good;
  }

  /** `before`: what was done by this pass before. Undefined when it gave way. */
  async #ofEverything(
    work: PassWork,
    mayGiveWay: boolean,
    before: readonly Outcome[],
    onOutcome: (outcome: Outcome) => void,
  ): Promise<Pass | undefined> {
    const { host, good, signal } = work;
    const done = before.filter(isDone);
    const remembered = await this.#remembered(work);
    const options = {
      signal,
      onOutcome,
      resolver: this.#resolver,
      ...(remembered !== undefined && { remembered }),
    };
    const pass = mayGiveWay
      ? await unlessHurried(signal, this.#hurry.signal, (asking) =>
          reconcile(host, good.config, { ...options, asking }),
        )
      : await reconcile(host, good.config, options);
    return pass && { ...pass, outcomes: [...done, ...pass.outcomes] };
  }

  #nextLook(): { readonly nextLook?: number } {
    const { at } = this.#due;
    return at === undefined ? {} : { nextLook: at };
  }

  /**
   * The host as it was last seen, where nothing was left to do, with the rules read again that somebody has changed since; undefined
   * when that is not worth while before all is looked at.
   */
  async #remembered({ host, causes, signal }: PassWork): Promise<Observed | undefined> {
    const last = this.#last;
    if (last?.host !== host || !last.converged) return undefined;
    const changed = changedRules(causes, last.observed);
    if (changed === undefined) return undefined;
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
    // What is about to be looked at anyway waits for that: containers that start make their routes, too.
    const isDue = this.#due.at !== undefined && began < this.#due.at;
    const routes = glance.routes === true && dependsOnRoutes({ desired: last.view.desired, ...last });
    const now = isDue ? { ...glance, inside: false, routes } : glance;
    if (!(await isUnchanged(host, last.observed, now, signal))) return undefined;
    this.#options.report.glanced(causes, Math.round(performance.now() - began));
    return {
      end: { changed: false, settled: true, ...this.#nextLook() },
      left: { desired: last.view.desired, observed: last.observed },
      passing: this.#due.at !== undefined,
    };
  }
}

/** What is compared with the next file is in the same texts. */
function withTexts(pass: Pass): Pass {
  const { desired, observed } = pass.last;
  return { ...pass, last: { ...pass.last, observed: inTextsOf(desired, observed) } };
}

/** As they are now: the host forgets what it knew of them with the next pass. */
function livesOf(host: Host, namespaces: readonly string[]): PassView['lifeOf'] {
  const lives = new Map(namespaces.map((id) => [id, host.namespaces.lives(id)?.eldest]));
  return (id) => lives.get(id);
}

function isDone({ result }: Outcome): boolean {
  return result === 'done';
}
