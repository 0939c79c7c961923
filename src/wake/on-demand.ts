import type { Log } from '../log.ts';
import type { Awake, OnDemandEntry } from '../model/on-demand.ts';
import type { OnDemandStatus } from '../model/status.ts';
import type { Around } from './around.ts';
import { ByHand } from './by-hand.ts';
import { Carrying } from './carrying.ts';
import { Containers } from './containers.ts';
import { Course } from './course.ts';
import { Effects } from './effects.ts';
import { type Listed, startsSame } from './group.ts';
import type { Passing } from './kernel.ts';
import { KernelShare } from './kernel-share.ts';
import { Ledger } from './ledger.ts';
import { Listeners } from './listeners.ts';
import type { Event } from './machine.ts';

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
  readonly #effects: Effects;
  readonly #ending = new AbortController();
  #entry: OnDemandEntry;

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
    this.#effects = new Effects({
      entry: () => this.#entry,
      around,
      log: this.#log,
      course: this.#course,
      carrying: this.#carrying,
      ledger: this.#ledger,
      share: this.#share,
      containers: this.#containers,
      byHand: this.byHand,
      happened: (event) => this.#happened(event),
      ending: this.#ending.signal,
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
    const isOther = !startsSame(entry, this.#entry);
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
    for (const effect of effects) this.#effects.begin(effect);
    if (changed) this.byHand.changed(this.#course.state);
    // What happened to the containers meanwhile was not heard.
    if (changed && (event.kind === 'busy' || (state.phase === 'asleep' && event.kind === 'stopped')))
      void this.#around.look();
  }
}
