import { isDeepStrictEqual } from 'node:util';
import { NetwrightError } from '../errors.ts';
import { withDeadline } from '../host/deadline.ts';
import type { Engine } from '../host/engine.ts';
import { errorFields, type Log } from '../log.ts';
import type { OnDemandEntry } from '../model/config.ts';
import type { Awake } from '../model/on-demand.ts';
import type { OnDemandStatus } from '../model/status.ts';
import type { HeldConnection } from '../relay/held-connection.ts';
import { groupOf, isUp, type Listed } from './group.ts';
import { type Kernel, KernelShare, type Passing } from './kernel.ts';
import { Ledger } from './ledger.ts';
import { Listeners } from './listeners.ts';
import { asleep, type Effect, type Event, type State, step } from './machine.ts';
import { type Reached, startGroup } from './start.ts';
import { stopGroup } from './stop.ts';
import type { Turns } from './turns.ts';

/** What one entry needs of the rest. */
export interface Around {
  readonly engine: () => Engine | undefined;
  readonly turns: Turns;
  /** Whether the connections of other entries need this container. */
  readonly isUsedByOthers: (id: string) => boolean;
  /** Has the containers looked at. */
  readonly look: () => Promise<void>;
  /** The kernel's part, where there is one. */
  readonly kernel: Kernel | undefined;
  /** Resolves when the kernel leads to what is awake now, and to nothing else. */
  readonly lead: () => Promise<void>;
  readonly log: Log;
}

/** One entry of the file at work: its listeners, the connections that came by them, and what its containers are doing. */
export class OnDemand {
  readonly #around: Around;
  readonly #log: Log;
  readonly #listeners: Listeners;
  readonly #connections = new Set<HeldConnection>();
  readonly #ledger = new Ledger();
  readonly #ending = new AbortController();
  #entry: OnDemandEntry;
  #state: State = asleep;
  /** When the phase last changed: what was asked before is out of date. */
  #since = performance.now();
  #target: Reached | undefined;
  readonly #share = new KernelShare();
  /** Whether the kernel leads there, too. */
  #isLed = false;
  /** Fires when they are no longer awake. */
  #awake = new AbortController();
  #containers: ReadonlySet<string> = new Set();

  constructor(entry: OnDemandEntry, around: Around) {
    this.#entry = entry;
    this.#around = around;
    this.#log = around.log.with({ on_demand: entry.name });
    this.#listeners = new Listeners(this.#log, (connection) => this.#accepted(connection));
  }

  get entry(): OnDemandEntry {
    return this.#entry;
  }

  /** What the kernel is to lead to; undefined: nothing. */
  get awake(): Awake | undefined {
    const { phase } = this.#state;
    if (!this.#isLed || this.#target === undefined || (phase !== 'awake' && phase !== 'stopping'))
      return undefined;
    const { host: address, port } = this.#target;
    return { name: this.#entry.name, address, port, leads: phase === 'awake' };
  }

  isKernelDue(now: number): boolean {
    return this.awake?.leads === true && this.#share.isDue(now, this.#entry.idle);
  }

  /** What the kernel has carried until now; undefined where that is not known, which is no reason to sleep. */
  kernelPassed(passing: Passing | undefined): boolean {
    const { countsQuiet } = this.#entry;
    const hasPassed = passing === undefined || this.#share.hasPassed(passing, countsQuiet, performance.now());
    if (hasPassed) this.#ledger.touched();
    return hasPassed;
  }

  /** There is a port that it cannot listen on. */
  get isDeaf(): boolean {
    return this.#listeners.isDeaf;
  }

  /** Follows the file: listens where it says and nowhere else; connections that are there stay. */
  async follow(entry: OnDemandEntry): Promise<void> {
    const isOther = !isDeepStrictEqual(whatOf(entry), whatOf(this.#entry));
    this.#entry = entry;
    // What runs by now is taken over.
    if (isOther && this.#state.phase === 'awake') this.#happened({ kind: 'down' });
    await this.#listeners.follow(entry);
  }

  /** The containers there are, as of a look that was begun then. */
  seen(containers: readonly Listed[], askedAt: number): void {
    const group = groupOf(this.#entry, containers);
    this.#containers = new Set([...group.dependencies, ...group.members].map(({ id }) => id));
    if (askedAt >= this.#since) this.#happened({ kind: isUp(group) ? 'up' : 'down' });
  }

  /** Puts the containers to sleep when nothing has passed for long enough. */
  tick(now: number): void {
    if (this.#state.phase === 'awake' && this.#isIdle(now) && this.#mayStop())
      this.#happened({ kind: 'idle' });
  }

  /** Whether its connections need this container now. */
  uses(id: string): boolean {
    if (!this.#containers.has(id)) return false;
    const { phase, wanted } = this.#state;
    if (phase === 'awake') return !this.#isIdle(performance.now());
    return phase === 'starting' || (phase === 'stopping' && wanted);
  }

  /** Listens no more; who waits is sent away, what is carried goes on. */
  async close(): Promise<void> {
    this.#ending.abort();
    await this.#listeners.close();
    this.#refuse();
  }

  get status(): OnDemandStatus {
    const { phase, why } = this.#state;
    const held = [...this.#connections].filter(({ state }) => state === 'held').length;
    return {
      name: this.#entry.name,
      state: phase,
      ...(why !== undefined && { why }),
      ...this.#listeners.status,
      ...(this.awake !== undefined && { handedOver: this.awake }),
      held,
      carried: this.#connections.size - held,
      ...this.#ledger.status(this.#connections),
    };
  }

  #accepted(connection: HeldConnection): void {
    this.#connections.add(connection);
    this.#ledger.touched();
    void connection.closed.then(() => {
      this.#connections.delete(connection);
      this.#ledger.closed(connection);
    });
    this.#happened({ kind: 'wanted' });
  }

  #happened(event: Event): void {
    const { state, effects } = step(this.#state, event);
    const changed = state.phase !== this.#state.phase;
    this.#state = state;
    if (changed) {
      this.#awake.abort();
      if (state.phase === 'awake') this.#awake = new AbortController();
      this.#since = performance.now();
      this.#log.info(state.phase, {
        because: event.kind,
        ...(state.why !== undefined && { why: state.why }),
        ...(state.phase === 'awake' && { milliseconds: this.#ledger.lastWake }),
      });
    }
    if (changed) void this.#around.lead();
    for (const effect of effects) this.#effects[effect]();
    // What happened to the containers meanwhile was not heard.
    if (changed && (state.phase === 'awake' || (state.phase === 'asleep' && event.kind === 'stopped')))
      void this.#around.look();
  }

  readonly #effects: Readonly<Record<Effect, () => void>> = {
    start: () => void this.#start(),
    stop: () => void this.#stop(),
    carry: () => this.#carryHeld(),
    refuse: () => this.#refuse(),
  };

  async #start(): Promise<void> {
    const began = performance.now();
    try {
      const { turns } = this.#around;
      const { signal } = this.#ending;
      this.#isLed = false;
      this.#target = await startGroup({ engine: this.#engine(), entry: this.#entry, turns, signal });
      this.#isLed = this.#mayLead(this.#target);
      this.#share.begin(performance.now());
      if (this.#state.wanted) this.#ledger.woke(performance.now() - began);
      this.#ledger.touched();
      this.#happened({ kind: 'ready' });
    } catch (error) {
      this.#failed('not started', error);
    }
  }

  async #stop(): Promise<void> {
    try {
      const { turns, isUsedByOthers: isUsed } = this.#around;
      const { signal } = this.#ending;
      if (await this.#isStillPassing(signal)) {
        this.#happened({ kind: 'busy' });
        return;
      }
      const isWanted = () => this.#state.wanted && this.#state.why === undefined;
      const options = { engine: this.#engine(), entry: this.#entry, turns, isUsed, isWanted, signal };
      this.#happened({ kind: (await stopGroup(options)) ? 'stopped' : 'busy' });
    } catch (error) {
      this.#failed('not stopped', error);
    }
  }

  /** The kernel leads nobody there any more; what it leads until then is looked at once more. */
  async #isStillPassing(signal: AbortSignal): Promise<boolean> {
    const { awake } = this;
    const { kernel, lead } = this.#around;
    if (awake === undefined || kernel === undefined) return false;
    const late = () => new NetwrightError('NOT_AWAKE', 'the kernel still leads connections there');
    return await withDeadline(signal, withdrawnWithinMs, late, async (stop) => {
      await lead();
      return this.kernelPassed((await kernel.passing([awake], stop)).get(awake.name));
    });
  }

  /** Nobody is led to a loopback address, and who has to be told who the client is has to be told by the program. */
  #mayLead({ host }: Reached): boolean {
    const { handover, target } = this.#entry;
    const isLoopback = host === '::1' || host.startsWith('127.');
    return handover && target.kind === 'container' && !isLoopback && this.#around.kernel?.canLead() === true;
  }

  #failed(message: string, error: unknown): void {
    if (this.#ending.signal.aborted) return;
    this.#log.error(message, errorFields(error));
    this.#happened({ kind: 'failed', why: error instanceof Error ? error.message : String(error) });
  }

  #engine(): Engine {
    const engine = this.#around.engine();
    if (engine === undefined) throw new Error('the engine is away');
    return engine;
  }

  #carryHeld(): void {
    for (const connection of this.#connections) if (connection.state === 'held') void this.#carry(connection);
  }

  async #carry(connection: HeldConnection): Promise<void> {
    const [target, { proxyProtocol }, { signal }] = [this.#target, this.#entry, this.#awake];
    if (target === undefined) return;
    try {
      await connection.carryTo({
        ...target,
        ...(proxyProtocol !== undefined && { proxyProtocol }),
        signal,
      });
    } catch (error) {
      if (this.#ending.signal.aborted) return;
      // Stopped by hand, and not heard of yet: then it is woken again.
      if (!signal.aborted) await this.#around.look();
      if (signal.aborted) {
        if (connection.state === 'held') this.#happened({ kind: 'wanted' });
        return;
      }
      this.#log.warn('not carried', { from: connection.remote.address, ...target, ...errorFields(error) });
      connection.refuse();
    }
  }

  #refuse(): void {
    for (const connection of this.#connections) if (connection.state === 'held') connection.refuse();
  }

  #isIdle(now: number): boolean {
    const { idle, countsQuiet } = this.#entry;
    if (countsQuiet && this.#connections.size > 0) return false;
    return this.#ledger.quietFor(this.#connections, now) >= idle;
  }

  /** Where others need all of the containers, there is nothing to stop. */
  #mayStop(): boolean {
    return [...this.#containers].some((id) => !this.#around.isUsedByOthers(id));
  }
}

const withdrawnWithinMs = 30_000;

/** What is started, and where connections go. */
function whatOf({ target, group, dependsOn }: OnDemandEntry): object {
  return { target, group, dependsOn };
}
