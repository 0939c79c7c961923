import { allowManyWaiters } from '../host/deadline.ts';
import type { Log } from '../log.ts';
import type { OnDemandEntry } from '../model/on-demand.ts';
import { DatagramClient } from '../relay/datagram-client.ts';
import type { CarryOptions, HeldConnection } from '../relay/held-connection.ts';
import type { Ledger } from './ledger.ts';

/** Where connections are carried to, until the signal says that nothing is there any more. */
export type Destination = CarryOptions & { readonly signal: AbortSignal };

/** Who came by a port: a TCP connection, or all datagrams of one client. */
export type Caller = HeldConnection | DatagramClient;

/** What the connections of an entry have to do with its containers. */
export interface Carrier {
  readonly log: Log;
  readonly ledger: Ledger;
  /** Somebody waits. */
  readonly wanted: () => void;
  /** Has the containers looked at. */
  readonly look: () => Promise<void>;
  /** Fires when nothing more is held, nor woken. */
  readonly ending: AbortSignal;
}

/** The connections that came by the ports of one entry: held until its containers are awake, and then carried there. */
export class Carrying {
  readonly #carrier: Carrier;
  readonly #connections = new Set<Caller>();
  /** Those that are held and not being carried yet. */
  readonly #waiting = new Set<Caller>();
  #connecting: Promise<unknown> = Promise.resolve();

  constructor(carrier: Carrier) {
    this.#carrier = carrier;
  }

  accept(connection: Caller): void {
    const { ledger, wanted } = this.#carrier;
    this.#connections.add(connection);
    this.#waiting.add(connection);
    ledger.touched();
    void connection.closed.then(() => {
      this.#connections.delete(connection);
      this.#waiting.delete(connection);
      ledger.closed(connection);
      // A connection's end is something that happened; a client is only forgotten.
      if (isStream(connection)) ledger.touched();
    });
    wanted();
  }

  carryHeld(to: Destination): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    allowManyWaiters(to.signal);
    this.#connecting = Promise.all(waiting.map((connection) => this.#carry(connection, to)));
  }

  /** Resolves when those that were last to be carried are, or have failed. */
  async connected(): Promise<void> {
    await this.#connecting;
  }

  refuseHeld(): void {
    for (const connection of this.#held()) connection.refuse();
  }

  /** What is carried ends, too. */
  refuseAll(): void {
    for (const connection of this.#connections) connection.refuse();
  }

  /** The containers may be gone: what clients send from now on is held again. */
  forgetClients(): void {
    for (const connection of this.#connections)
      if (!isStream(connection) && connection.state === 'carried') connection.end('idle');
  }

  /** Whether anything has passed since then on what is open still. */
  hasPassedSince(since: number, now: number): boolean {
    return [...this.#connections].some(
      ({ state, traffic }) => state === 'carried' && traffic.quiet < now - since,
    );
  }

  /** Whether nothing has passed for as long as the entry says and, where that counts, nothing is open. */
  isIdle({ idle, countsQuiet, least }: OnDemandEntry, now: number): boolean {
    if (countsQuiet && [...this.#connections].some(isStream)) return false;
    const { ledger } = this.#carrier;
    return least === undefined
      ? ledger.quietFor(this.#connections, now) >= idle
      : ledger.isLessThan(least, idle, this.#connections, now);
  }

  get status(): { readonly held: number; readonly carried: number } & ReturnType<Ledger['status']> {
    const held = this.#held().length;
    return {
      held,
      carried: this.#connections.size - held,
      ...this.#carrier.ledger.status(this.#connections),
    };
  }

  #held(): readonly Caller[] {
    return [...this.#connections].filter(({ state }) => state === 'held');
  }

  async #carry(connection: Caller, to: Destination): Promise<void> {
    const { log, wanted, look, ending } = this.#carrier;
    const { signal, host, port } = to;
    try {
      await connection.carryTo(to);
    } catch (error) {
      if (ending.aborted) return;
      // Stopped by hand, and not heard of yet: then it is woken again.
      if (!signal.aborted) await look();
      if (signal.aborted) {
        if (connection.state !== 'held') return;
        this.#waiting.add(connection);
        wanted();
        return;
      }
      const why = error instanceof Error ? error.message : String(error);
      log.warn('not carried', { from: connection.remote.address, host, port, why });
      connection.refuse();
    }
  }
}

function isStream(caller: Caller): caller is HeldConnection {
  return !(caller instanceof DatagramClient);
}
