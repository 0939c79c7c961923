import { NetwrightError } from '../errors.ts';
import { withDeadline } from '../host/deadline.ts';
import type { OnDemandEntry } from '../model/on-demand.ts';
import type { Around } from './around.ts';
import { groupOf, isUp, type Listed } from './group.ts';
import { type Reached, startGroup } from './start.ts';
import { stopGroup } from './stop.ts';

/** The containers of one entry, as they were last seen; to be started and stopped. */
export class Containers {
  readonly #around: Around;
  readonly #signal: AbortSignal;
  #ids: ReadonlySet<string> = new Set();
  #starting = new AbortController();

  /** The signal ends what is under way. */
  constructor(around: Around, signal: AbortSignal) {
    this.#around = around;
    this.#signal = signal;
  }

  /** Whether all that the entry needs is among these, and runs. */
  seen(entry: OnDemandEntry, containers: readonly Listed[]): boolean {
    const group = groupOf(entry, containers);
    this.#ids = new Set([...group.dependencies, ...group.members].map(({ id }) => id));
    return isUp(group);
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  /** Where others need all of them, there is nothing to stop. */
  get mayStop(): boolean {
    return [...this.#ids].some((id) => !this.#around.isUsedByOthers(id));
  }

  /** As `startGroup`; an engine that begins, or begins again, is waited for. */
  async start(entry: OnDemandEntry): Promise<Reached> {
    const { turns, engineUp, known } = this.#around;
    const patience = Math.min(entry.startTimeout, engineWithinMs);
    this.#starting = new AbortController();
    const { signal } = this.#starting;
    const end = () => this.giveUp();
    this.#signal.addEventListener('abort', end, { once: true });
    try {
      const engine = await withDeadline(signal, patience, engineAway, engineUp);
      return await startGroup({ engine, entry, turns, signal, known: known() });
    } finally {
      this.#signal.removeEventListener('abort', end);
    }
  }

  /** Ends the start that is under way. */
  giveUp(): void {
    this.#starting.abort();
  }

  /** As `stopGroup`; by force whatever others need. */
  async stop(entry: OnDemandEntry, isWanted: () => boolean, force: boolean): Promise<boolean> {
    const { turns, isUsedByOthers } = this.#around;
    const engine = this.#around.engine();
    if (engine === undefined) throw engineAway();
    return await stopGroup({
      engine,
      entry,
      turns,
      isUsed: (id) => !force && isUsedByOthers(id),
      isWanted,
      signal: this.#signal,
    });
  }
}

/** So long somebody who connects while the engine is away is held, hoping that it comes back. */
const engineWithinMs = 10_000;

function engineAway(): NetwrightError {
  return new NetwrightError('ENGINE_UNREACHABLE', 'the engine is away');
}
