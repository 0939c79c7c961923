import type { Amount } from '../model/on-demand.ts';
import type { OnDemandStatus } from '../model/status.ts';
import type { HeldConnection } from '../relay/held-connection.ts';
import { amountOf, Received } from './received.ts';

type Connections = Iterable<Pick<HeldConnection, 'traffic'>>;

/** What passed through one entry, when something last did, and how long its containers took to wake. Times are in ms. */
export class Ledger {
  readonly #received = new Received();
  #last = performance.now();
  #wakes = 0;
  #lastWake: number | undefined;
  #slowest: number | undefined;
  #toTarget = 0;
  #toClient = 0;

  /** Something happened just now. */
  touched(): void {
    this.#last = performance.now();
  }

  /** As `touched`; of what came before nothing counts any more. */
  begin(): void {
    this.touched();
    this.#received.begin();
  }

  /** What the kernel has carried from clients since it was last told. */
  received(amount: Amount): void {
    this.#received.add(amount);
  }

  /** Whether less than this has come from clients within so many ms; false before those have gone by since `begin`. */
  isLessThan(least: Amount, within: number, connections: Connections, now: number): boolean {
    const open = [...connections].map(({ traffic }) => traffic);
    return this.#received.isLessThan(least, within, open, now);
  }

  /** What a connection carried counts on when it is gone. */
  closed({ traffic }: Pick<HeldConnection, 'traffic'>): void {
    const { toTarget, toClient, quiet } = traffic;
    this.#received.add(amountOf(traffic));
    this.#last = Math.max(this.#last, performance.now() - quiet);
    this.#toTarget += toTarget;
    this.#toClient += toClient;
  }

  woke(milliseconds: number): void {
    this.#wakes++;
    this.#lastWake = Math.round(milliseconds);
    this.#slowest = Math.max(this.#slowest ?? 0, this.#lastWake);
  }

  get lastWake(): number | undefined {
    return this.#lastWake;
  }

  /** For how long nothing has happened and nothing has passed on these. */
  quietFor(connections: Connections, now: number): number {
    let quiet = now - this.#last;
    for (const { traffic } of connections) quiet = Math.min(quiet, traffic.quiet);
    return quiet;
  }

  status(
    connections: Connections,
  ): Pick<
    OnDemandStatus,
    'wakes' | 'lastWakeMilliseconds' | 'slowestWakeMilliseconds' | 'toTarget' | 'toClient'
  > {
    const passing = [...connections].map(({ traffic }) => traffic);
    const sum = (key: 'toTarget' | 'toClient') => passing.reduce((all, traffic) => all + traffic[key], 0);
    return {
      wakes: this.#wakes,
      ...(this.#lastWake !== undefined && { lastWakeMilliseconds: this.#lastWake }),
      ...(this.#slowest !== undefined && { slowestWakeMilliseconds: this.#slowest }),
      toTarget: this.#toTarget + sum('toTarget'),
      toClient: this.#toClient + sum('toClient'),
    };
  }
}
