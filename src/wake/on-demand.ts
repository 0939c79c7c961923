import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { errorFields, type Log } from '../log.ts';
import type { Awake, OnDemandEntry } from '../model/on-demand.ts';
import type { OnDemandStatus } from '../model/status.ts';
import type { Around } from './around.ts';
import { ByHand } from './by-hand.ts';
import { Carrying } from './carrying.ts';
import { Containers } from './containers.ts';
import { Course } from './course.ts';
import type { Listed } from './group.ts';
import type { Passing } from './kernel.ts';
import { KernelShare } from './kernel-share.ts';
import { Ledger } from './ledger.ts';
import { Listeners } from './listeners.ts';
import type { Effect, Event } from './machine.ts';
import type { Reached } from './start.ts';

/** One entry of the file at work: its listeners, the connections that came by them, and what its containers are doing. */
export class OnDemand {
  readonly #around: Around;
  readonly #log: Log;
  readonly #listeners: Listeners;
  readonly #carrying: Carrying;
  readonly #ledger = new Ledger();
  readonly #share: KernelShare;
  readonly #containers: Containers;
  /** Has them wake and sleep when it is asked for. */
  readonly byHand: ByHand;
  readonly #course = new Course();
  readonly #ending = new AbortController();
  #entry: OnDemandEntry;
  #target: Reached | undefined;

  constructor(entry: OnDemandEntry, around: Around) {
    this.#entry = entry;
    this.#around = around;
    this.#log = around.log.with({ on_demand: entry.name });
    this.#carrying = new Carrying({
      log: this.#log,
      ledger: this.#ledger,
      wanted: () => this.#happened({ kind: 'wanted' }),
      look: around.look,
      ending: this.#ending.signal,
    });
    this.#share = new KernelShare(around, this.#ledger);
    this.#containers = new Containers(around, this.#ending.signal);
    this.byHand = new ByHand({
      name: () => this.#entry.name,
      state: () => this.#course.state,
      happened: (event) => this.#happened(event),
      open: () => (this.#entry.countsQuiet ? this.#carrying.status.carried : 0),
      mayStop: () => this.#containers.mayStop,
    });
    this.#listeners = new Listeners(this.#log, (connection) => this.#carrying.accept(connection));
  }

  get entry(): OnDemandEntry {
    return this.#entry;
  }

  /** What the kernel is to lead to; undefined: nothing. */
  get awake(): Awake | undefined {
    return this.#share.awake(this.#entry, this.#course.state.phase);
  }

  isKernelDue(now: number): boolean {
    return this.awake?.leads === true && this.#share.isDue(this.#entry, now);
  }

  /** What the kernel has carried until now; undefined where that is not known. */
  kernelPassed(passing: Passing | undefined): void {
    this.#share.passed(this.#entry, passing);
  }

  /** There is a port that it cannot listen on. */
  get isDeaf(): boolean {
    return this.#listeners.isDeaf;
  }

  /** Follows the file: listens where it says and nowhere else; connections that are there stay. */
  async follow(entry: OnDemandEntry): Promise<void> {
    const isOther = !isSame(entry, this.#entry);
    this.#entry = entry;
    // What runs by now is taken over.
    if (isOther && this.#course.state.phase === 'awake') this.#happened({ kind: 'down' });
    if (isOther && this.#course.state.phase === 'starting') this.#containers.giveUp();
    await this.#listeners.follow(entry);
  }

  /** The containers there are, as of a look that was begun then. */
  seen(containers: readonly Listed[], askedAt: number): void {
    const isUp = this.#containers.seen(this.#entry, containers);
    if (askedAt >= this.#course.since) this.#happened({ kind: isUp ? 'up' : 'down' });
  }

  /** Puts the containers to sleep when nothing has passed for long enough. */
  tick(now: number): void {
    const { state, lastAwake } = this.#course;
    if (state.phase === 'awake' && this.#carrying.isIdle(this.#entry, now) && this.#containers.mayStop)
      this.#happened({ kind: 'idle' });
    // Connections to paused containers are open still, and nobody answers what comes by them.
    if (
      state.phase === 'asleep' &&
      this.#entry.action === 'pause' &&
      this.#carrying.hasPassedSince(lastAwake, now)
    )
      this.#happened({ kind: 'wanted' });
  }

  /** Whether its connections need this container now. */
  uses(id: string): boolean {
    if (!this.#containers.has(id)) return false;
    const { phase, wanted } = this.#course.state;
    if (phase === 'awake') return !this.#carrying.isIdle(this.#entry, performance.now());
    return phase === 'starting' || (phase === 'stopping' && wanted);
  }

  /** Listens no more; who waits is sent away, what is carried goes on. */
  async close(): Promise<void> {
    this.#ending.abort();
    await this.#listeners.close();
    this.#carrying.refuseHeld();
  }

  /** As `close`, and what is carried ends. */
  async end(): Promise<void> {
    await this.close();
    this.#carrying.refuseAll();
  }

  get status(): OnDemandStatus {
    const { phase, why } = this.#course.state;
    return {
      name: this.#entry.name,
      state: phase,
      ...(why !== undefined && { why }),
      ...this.#listeners.status,
      ...(this.awake !== undefined && { handedOver: this.awake }),
      ...this.#carrying.status,
      ...this.#share.status(this.awake),
    };
  }

  #happened(event: Event): void {
    const { effects, changed } = this.#course.happened(event);
    const { state } = this.#course;
    if (changed) {
      this.#carrying.forgetClients();
      this.#log.info(state.phase, {
        because: event.kind,
        ...(state.why !== undefined && { why: state.why }),
        ...(state.phase === 'awake' && { milliseconds: this.#ledger.lastWake }),
      });
    }
    if (changed) void this.#around.lead();
    for (const effect of effects) this.#effects[effect]();
    if (changed) this.byHand.changed(this.#course.state);
    // What happened to the containers meanwhile was not heard.
    if (changed && (event.kind === 'busy' || (state.phase === 'asleep' && event.kind === 'stopped')))
      void this.#around.look();
  }

  readonly #effects: Readonly<Record<Effect, () => void>> = {
    start: () => void this.#start(),
    stop: () => void this.#stop(),
    carry: () => this.#carry(),
    refuse: () => this.#carrying.refuseHeld(),
  };

  async #start(): Promise<void> {
    const began = performance.now();
    const entry = this.#entry;
    const { rush } = this.#around;
    try {
      if (this.#course.state.wanted) rush.begin(entry.name, (id) => this.#containers.has(id));
      this.#share.end();
      this.#target = await this.#containers.start(entry);
      this.#share.begin(entry, this.#target);
      if (this.#course.state.wanted) this.#ledger.woke(performance.now() - began);
      this.#ledger.begin();
      rush.answers(entry.name);
      this.#happened({ kind: 'ready' });
      void this.#answered();
    } catch (error) {
      // The file says meanwhile that it is others: who waits, waits for them.
      if (!this.#ending.signal.aborted && !isSame(entry, this.#entry)) await this.#start();
      else this.#failed('not started', error);
    }
  }

  /** What gave way to those who waited is done now, and the containers are looked at: what happened to them meanwhile was not heard. */
  async #answered(): Promise<void> {
    const { rush, look } = this.#around;
    await this.#carrying.connected();
    await sleep(answerMs, undefined, { ref: false });
    rush.over(this.#entry.name);
    void look();
  }

  async #stop(): Promise<void> {
    try {
      const { force } = this.byHand;
      const isBusy = (passing: Passing | undefined) => this.#isBusy(passing, force);
      if (await this.#share.isStillPassing(this.awake, this.#ending.signal, isBusy)) {
        this.#happened({ kind: 'busy' });
        return;
      }
      const isWanted = () =>
        force !== true && this.#course.state.wanted && this.#course.state.why === undefined;
      const hasStopped = await this.#containers.stop(this.#entry, isWanted, force === true);
      this.#happened({ kind: hasStopped ? 'stopped' : 'busy' });
    } catch (error) {
      this.#failed('not stopped', error);
    }
  }

  /** By hand they are put to sleep at once when nobody is connected any more, or whoever is. */
  #isBusy(passing: Passing | undefined, force: boolean | undefined): boolean {
    if (force === undefined)
      return (
        this.#share.passed(this.#entry, passing) ||
        (this.#entry.least !== undefined && !this.#carrying.isIdle(this.#entry, performance.now()))
      );
    return !force && this.#entry.countsQuiet && passing?.open !== 0;
  }

  #carry(): void {
    const { proxyProtocol } = this.#entry;
    if (this.#target !== undefined)
      this.#carrying.carryHeld({
        ...this.#target,
        ...(proxyProtocol !== undefined && { proxyProtocol }),
        signal: this.#course.awake,
      });
  }

  #failed(message: string, error: unknown): void {
    this.#around.rush.over(this.#entry.name);
    if (this.#ending.signal.aborted) return;
    this.#log.error(message, errorFields(error));
    this.#happened({ kind: 'failed', why: error instanceof Error ? error.message : String(error) });
  }
}

/** What an application takes for its first answer, in ms: so long after they were connected those who waited are not disturbed. */
const answerMs = 50;

/** Whether the same is started, and connections go to the same place. */
function isSame(one: OnDemandEntry, other: OnDemandEntry): boolean {
  const whatOf = ({ target, group, dependsOn }: OnDemandEntry) => ({ target, group, dependsOn });
  return isDeepStrictEqual(whatOf(one), whatOf(other));
}
