import type { EngineEvent } from '../host/engine-events.ts';
import type { Outcome } from '../model/plan.ts';
import { inTextsOf } from '../observe/in-texts-of.ts';
import type { Pass } from '../reconcile.ts';
import { KnownPolicies } from '../resolve/known-policies.ts';
import { Resolver } from '../resolve/resolver.ts';
import type { PassEnd } from '../watch/trigger.ts';
import type { PassResult } from '../watch/watch-options.ts';
import { asksAnew, narrowFor } from './asked-for.ts';
import type { Complement } from './completing.ts';
import { DueLook } from './due-look.ts';
import { Glances } from './glances.ts';
import { LastLook, type Left } from './left.ts';
import type { Narrowly } from './narrow-pass.ts';
import { factsOf, nothingOwed, owing, type PassWork } from './pass-facts.ts';
import { findingsOf } from './repairs.ts';
import { StartedContainers } from './started-containers.ts';
import type { WatchReport } from './watch-report.ts';
import { passOfEverything } from './whole-pass.ts';

export interface PassesOptions {
  readonly report: WatchReport;
  /** Ends what is done beside passes, as it ends them. */
  readonly signal: AbortSignal;
  /** The kernel tells of routes in containers; where it does not, every glance goes there too. */
  readonly hearsInside: boolean;
  /** Called at the end of a pass that looked at everything, which leaves much behind that nobody needs any more. */
  readonly onLooked: () => void;
  /** Called when a look at everything has to decide what is left to do, beside all that asks for one. */
  readonly onDoubt: () => void;
}

/** The passes of a daemon, one after the other. */
export class WatchPasses {
  readonly #options: PassesOptions;
  readonly #last = new LastLook();
  readonly #glances = new Glances();
  readonly #due = new DueLook();
  readonly #resolver = new Resolver(new KnownPolicies());
  readonly #containers: StartedContainers;
  #owed = nothingOwed;

  constructor(options: PassesOptions) {
    this.#options = options;
    const { signal } = options;
    this.#containers = new StartedContainers({ last: this.#last, resolver: this.#resolver, signal });
  }

  /** Fulfilled when nothing is done beside passes any more. */
  async ended(): Promise<void> {
    await this.#containers.ended();
  }

  /** Where a container has started, what does not concern it gives way; fulfilled when the engine has told of it, which is asked where it may be. */
  heard(event: EngineEvent, mayAsk: boolean): Promise<void> | undefined {
    return this.#containers.heard(event, mayAsk);
  }

  /** One pass, told to the report however it ends; rejects for nothing. */
  async run(work: PassWork): Promise<PassResult> {
    const { causes, signal, meanwhile } = work;
    const { report, hearsInside, onLooked } = this.#options;
    const outcomes: Outcome[] = [];
    const facts = factsOf(work, outcomes);
    const broke = (error: unknown): void => report.brokeOff(facts(), error, signal.aborted);
    this.#containers.begin(meanwhile());
    let hasLooked = false;
    try {
      const glanced = await this.#glances.glance({
        ...work,
        hearsInside,
        last: this.#last.left,
        dueAt: this.#due.at,
      });
      if (glanced !== undefined) {
        report.glanced(causes, facts().milliseconds);
        return this.#result(glanced, { passing: this.#due.at !== undefined });
      }
      hasLooked = true;
      const before = this.#last.left?.view;
      const onOutcome = (outcome: Outcome): void => void outcomes.push(outcome);
      const isDue = !this.#due.mayWait(performance.now());
      const narrow = await this.#containers.pass(work, isDue, onOutcome);
      const started = narrow && this.#last.keep(work.host, work.good, narrow.pass, narrow.pass.inside);
      const completing = narrow && this.#containers.complete(narrow.pass);
      completing?.catch(() => undefined);
      const whole = narrow?.enough === true ? undefined : await this.#wholly(work, narrow, onOutcome);
      const changed = outcomes.some(isDone);
      if (whole === undefined) {
        this.#due.put(performance.now());
        const heard = [...causes, ...meanwhile()];
        if (started === undefined) {
          this.#owed = owing(this.#owed, outcomes, heard);
          return { end: { changed, settled: true, ...this.#nextLook() } };
        }
        const tell = (pass: Pass): void => {
          const findings = findingsOf(before, { ...started.view, outcomes: pass.outcomes });
          report.passed({ ...facts(), heard, outcomes: pass.outcomes, findings }, pass);
        };
        void this.#tellOnceComplete(completing, tell, broke);
        return this.#result(started, { changed, passing: true, repairs: findingsOf(before, started.view) });
      }
      this.#due.done();
      this.#containers.looked();
      this.#glances.looked();
      const earlier = completing === undefined ? [] : (await completing).pass.outcomes;
      const owed = this.#owed;
      this.#owed = nothingOwed;
      const pass = withTexts({
        ...whole,
        outcomes: [...owed.outcomes, ...earlier.filter(isDone), ...whole.outcomes],
      });
      const left = this.#last.keep(work.host, work.good, pass);
      const repairs = findingsOf(before, left.view);
      const heard = [...owed.heard, ...causes, ...meanwhile()];
      report.passed({ ...facts(), heard, outcomes: pass.outcomes, findings: repairs }, pass);
      return this.#result(left, { changed, settled: pass.converged, passing: false, repairs });
    } catch (error) {
      this.#last.doubt();
      broke(error);
      return { end: { changed: outcomes.some(isDone), settled: false } };
    } finally {
      if (hasLooked) onLooked();
    }
  }

  #result(
    { view: { desired }, observed }: Left,
    told: Partial<PassEnd> & Pick<PassResult, 'passing' | 'repairs'>,
  ): PassResult {
    const { changed = false, settled = true, ...rest } = told;
    return { end: { changed, settled, ...this.#nextLook() }, left: { desired, observed }, ...rest };
  }

  async #wholly(
    work: PassWork,
    narrow: Narrowly | undefined,
    onOutcome: (outcome: Outcome) => void,
  ): Promise<Pass | undefined> {
    const { busy, hurry } = this.#containers;
    return await passOfEverything({
      ...work,
      last: this.#last.left,
      resolver: this.#resolver,
      ...(busy !== undefined && { after: busy }),
      hurry: this.#mayGiveWay(work, narrow) ? hurry : undefined,
      onOutcome,
    });
  }

  /** Whether a look at everything may be put off once more, for containers that start while it waits for the engine. */
  #mayGiveWay({ host, good, causes }: PassWork, narrow: Narrowly | undefined): boolean {
    if (narrow === undefined && narrowFor(causes) !== undefined) return false;
    return this.#last.isInStep(host, good) && this.#due.mayGiveWay(performance.now()) && !asksAnew(causes);
  }

  #nextLook(): { readonly nextLook?: number } {
    const { at } = this.#due;
    return at === undefined ? {} : { nextLook: at };
  }

  /** Tells of a pass for containers alone once they have all that they are to have; rejects for nothing. */
  async #tellOnceComplete(
    completing: Promise<Complement> | undefined,
    tell: (pass: Pass) => void,
    broke: (error: unknown) => void,
  ): Promise<void> {
    try {
      const completed = await completing;
      if (completed !== undefined) tell(completed.pass);
      if (completed?.isAll === true) return;
    } catch (error) {
      broke(error);
    }
    // What was left out of the last look is built upon by nobody: this one may give way to containers that start.
    this.#options.onDoubt();
  }
}

/** What is compared with the next file is in the same texts. */
function withTexts(pass: Pass): Pass {
  const { desired, observed } = pass.last;
  return { ...pass, last: { ...pass.last, observed: inTextsOf(desired, observed) } };
}

function isDone({ result }: Outcome): boolean {
  return result === 'done';
}
