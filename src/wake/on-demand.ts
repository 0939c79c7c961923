import { isNetwrightError } from '../errors.ts';
import type { Engine } from '../host/engine.ts';
import { errorFields, type Log } from '../log.ts';
import type { ListeningEntry, OnDemandEntry } from '../model/config.ts';
import type { OnDemandStatus } from '../model/status.ts';
import type { HeldConnection } from '../relay/held-connection.ts';
import { listenTcp, type TcpListener } from '../relay/listen-tcp.ts';
import { groupOf, isUp, type Listed } from './group.ts';
import { Ledger } from './ledger.ts';
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
  readonly log: Log;
}

/** One entry of the file at work: its listeners, the connections that came by them, and what its containers are doing. */
export class OnDemand {
  readonly #around: Around;
  readonly #log: Log;
  readonly #listeners = new Map<string, TcpListener>();
  readonly #deaf = new Map<string, string>();
  readonly #connections = new Set<HeldConnection>();
  readonly #ledger = new Ledger();
  readonly #ending = new AbortController();
  #entry: OnDemandEntry;
  #state: State = asleep;
  /** When the phase last changed: what was asked before is out of date. */
  #since = performance.now();
  #target: Reached | undefined;
  /** Fires when they are no longer awake. */
  #awake = new AbortController();
  #containers: ReadonlySet<string> = new Set();

  constructor(entry: OnDemandEntry, around: Around) {
    this.#entry = entry;
    this.#around = around;
    this.#log = around.log.with({ on_demand: entry.name });
  }

  get entry(): OnDemandEntry {
    return this.#entry;
  }

  /** There is a port that it cannot listen on. */
  get isDeaf(): boolean {
    return this.#deaf.size > 0;
  }

  /** Follows the file: listens where it says and nowhere else; connections that are there stay. */
  async follow(entry: OnDemandEntry): Promise<void> {
    this.#entry = entry;
    const wanted = new Map(entry.listen.map((listening) => [keyOf(listening, entry), listening]));
    for (const [key, listener] of this.#listeners) {
      if (wanted.has(key)) continue;
      this.#listeners.delete(key);
      await listener.close();
    }
    for (const key of this.#deaf.keys()) if (!wanted.has(key)) this.#deaf.delete(key);
    for (const [key, listening] of wanted) if (!this.#listeners.has(key)) await this.#listen(key, listening);
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
    for (const listener of this.#listeners.values()) await listener.close();
    this.#listeners.clear();
    this.#refuse();
  }

  get status(): OnDemandStatus {
    const { phase, why } = this.#state;
    const held = [...this.#connections].filter(({ state }) => state === 'held').length;
    const deaf = [...this.#deaf.values()];
    return {
      name: this.#entry.name,
      state: phase,
      ...(why !== undefined && { why }),
      listen: [...this.#listeners.values()].map(({ address: { address, port } }) =>
        address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`,
      ),
      ...(deaf.length > 0 && { notListening: deaf }),
      held,
      carried: this.#connections.size - held,
      ...this.#ledger.status(this.#connections),
    };
  }

  async #listen(key: string, { address, port }: ListeningEntry): Promise<void> {
    const { sources, maxHeld } = this.#entry;
    try {
      const listener = await listenTcp({
        ...(address !== undefined && { address }),
        port,
        ...(sources !== undefined && { sources }),
        maxHeld,
        onConnection: (connection) => this.#accepted(connection),
      });
      this.#listeners.set(key, listener);
      this.#deaf.delete(key);
    } catch (error) {
      if (!isNetwrightError(error, 'LISTEN_FAILED')) throw error;
      if (this.#deaf.get(key) !== error.message) this.#log.error('not listening', errorFields(error));
      this.#deaf.set(key, error.message);
    }
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
      this.#target = await startGroup({ engine: this.#engine(), entry: this.#entry, turns, signal });
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
      const isWanted = () => this.#state.wanted && this.#state.why === undefined;
      const options = { engine: this.#engine(), entry: this.#entry, turns, isUsed, isWanted, signal };
      this.#happened({ kind: (await stopGroup(options)) ? 'stopped' : 'busy' });
    } catch (error) {
      this.#failed('not stopped', error);
    }
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

/** A listener is the same as long as all it was given is. */
function keyOf({ address, port }: ListeningEntry, { sources, maxHeld }: OnDemandEntry): string {
  return JSON.stringify([address, port, sources, maxHeld]);
}
