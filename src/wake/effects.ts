import { setTimeout as sleep } from 'node:timers/promises';
import { errorFields, type Log } from '../log.ts';
import type { OnDemandEntry } from '../model/on-demand.ts';
import type { Around } from './around.ts';
import type { ByHand } from './by-hand.ts';
import type { Carrying } from './carrying.ts';
import type { Containers } from './containers.ts';
import type { Course } from './course.ts';
import { startsSame } from './group.ts';
import type { Passing } from './kernel.ts';
import type { KernelShare } from './kernel-share.ts';
import type { Ledger } from './ledger.ts';
import type { Effect, Event } from './machine.ts';
import type { Reached } from './start.ts';

/** One entry, as far as what is done works on it. */
export interface Parts {
  /** As the file has it now. */
  readonly entry: () => OnDemandEntry;
  readonly around: Around;
  readonly log: Log;
  readonly course: Course;
  readonly carrying: Carrying;
  readonly ledger: Ledger;
  readonly share: KernelShare;
  readonly containers: Containers;
  readonly byHand: ByHand;
  /** Told what came of it. */
  readonly happened: (event: Event) => void;
  /** Fires when the entry is no more. */
  readonly ending: AbortSignal;
}

/** Does what the course of an entry asks for. */
export class Effects {
  readonly #parts: Parts;
  #target: Reached | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Begins it, and waits for nothing. */
  begin(effect: Effect): void {
    this.#performers[effect]();
  }

  readonly #performers: Readonly<Record<Effect, () => void>> = {
    start: () => void this.#start(),
    stop: () => void this.#stop(),
    carry: () => this.#carry(),
    refuse: () => this.#parts.carrying.refuseHeld(),
  };

  async #start(): Promise<void> {
    const { around, course, ledger, share, containers, happened, ending } = this.#parts;
    const began = performance.now();
    const entry = this.#parts.entry();
    const { rush } = around;
    try {
      if (course.state.wanted) rush.begin(entry.name, (id) => containers.has(id));
      share.end();
      this.#target = await containers.start(entry);
      share.begin(entry, this.#target);
      if (course.state.wanted) ledger.woke(performance.now() - began);
      ledger.begin();
      rush.answers(entry.name);
      happened({ kind: 'ready' });
      void this.#answered();
    } catch (error) {
      // The file says meanwhile that it is others: who waits, waits for them.
      if (!ending.aborted && !startsSame(entry, this.#parts.entry())) await this.#start();
      else this.#failed('not started', error);
    }
  }

  /** What gave way to those who waited is done now, and the containers are looked at: what happened to them meanwhile was not heard. */
  async #answered(): Promise<void> {
    const { entry, around, carrying } = this.#parts;
    await carrying.connected();
    await sleep(answerMs, undefined, { ref: false });
    around.rush.over(entry().name);
    void around.look();
  }

  async #stop(): Promise<void> {
    const { entry, course, share, containers, byHand, happened, ending } = this.#parts;
    try {
      const { force } = byHand;
      const isBusy = (passing: Passing | undefined) => this.#isBusy(passing, force);
      if (await share.isStillPassing(share.awake(entry(), course.state.phase), ending, isBusy)) {
        happened({ kind: 'busy' });
        return;
      }
      const isWanted = () => force !== true && course.state.wanted && course.state.why === undefined;
      const hasStopped = await containers.stop(entry(), isWanted, force === true);
      happened({ kind: hasStopped ? 'stopped' : 'busy' });
    } catch (error) {
      this.#failed('not stopped', error);
    }
  }

  /** By hand they are put to sleep at once when nobody is connected any more, or whoever is. */
  #isBusy(passing: Passing | undefined, force: boolean | undefined): boolean {
    const { carrying, share } = this.#parts;
    const entry = this.#parts.entry();
    if (force === undefined)
      return (
        share.passed(entry, passing) ||
        (entry.least !== undefined && !carrying.isIdle(entry, performance.now()))
      );
    return !force && entry.countsQuiet && passing?.open !== 0;
  }

  #carry(): void {
    const { entry, course, carrying } = this.#parts;
    const { proxyProtocol } = entry();
    if (this.#target !== undefined)
      carrying.carryHeld({
        ...this.#target,
        ...(proxyProtocol !== undefined && { proxyProtocol }),
        signal: course.awake,
      });
  }

  #failed(message: string, error: unknown): void {
    const { entry, around, log, happened, ending } = this.#parts;
    around.rush.over(entry().name);
    if (ending.aborted) return;
    log.error(message, errorFields(error));
    happened({ kind: 'failed', why: error instanceof Error ? error.message : String(error) });
  }
}

/** What an application takes for its first answer, in ms: so long after they were connected those who waited are not disturbed. */
const answerMs = 50;
