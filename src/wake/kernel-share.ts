import { NetwrightError } from '../errors.ts';
import { withDeadline } from '../host/deadline.ts';
import type { OnDemandEntry } from '../model/config.ts';
import type { Awake } from '../model/on-demand.ts';
import type { Around } from './around.ts';
import type { Passing } from './kernel.ts';
import type { Ledger } from './ledger.ts';
import type { State } from './machine.ts';
import type { Reached } from './start.ts';

const [shortestMs, longestMs, perIdle] = [1000, 30_000, 8];
const withdrawnWithinMs = 30_000;

/** What the kernel carries of one entry, looked at now and then. Times are in ms, by `performance.now()`. */
export class KernelShare {
  readonly #around: Pick<Around, 'kernel' | 'lead'>;
  readonly #ledger: Ledger;
  /** Where it leads to once they are awake. */
  #reached: Reached | undefined;
  #last: Passing | undefined;
  #lookedAt = 0;

  constructor(around: Pick<Around, 'kernel' | 'lead'>, ledger: Ledger) {
    this.#around = around;
    this.#ledger = ledger;
  }

  /** The containers have just woken, and are reached there. */
  begin(entry: OnDemandEntry, reached: Reached): void {
    this.#reached = this.#mayLead(entry, reached) ? reached : undefined;
    this.#last = undefined;
    this.#lookedAt = performance.now();
  }

  /** The containers are started: nobody knows yet where they will be reached. */
  end(): void {
    this.#reached = undefined;
  }

  /** What the kernel is to lead to; undefined: nothing. */
  awake({ name }: OnDemandEntry, phase: State['phase']): Awake | undefined {
    if (this.#reached === undefined || (phase !== 'awake' && phase !== 'stopping')) return undefined;
    const { host: address, port } = this.#reached;
    return { name, address, port, leads: phase === 'awake' };
  }

  isDue({ idle }: OnDemandEntry, now: number): boolean {
    return now - this.#lookedAt >= Math.min(longestMs, Math.max(shortestMs, idle / perIdle));
  }

  /** Whether something has passed since the last look, or goes on where that counts; undefined: not known, which is no reason to sleep. */
  passed(entry: OnDemandEntry, passing: Passing | undefined): boolean {
    const hasPassed = passing === undefined || this.#hasPassed(passing, entry);
    if (hasPassed) this.#ledger.begin();
    return hasPassed;
  }

  /** The kernel leads nobody there any more; what it leads until then is looked at once more, and judged as by `passed`. */
  async isStillPassing(
    awake: Awake | undefined,
    signal: AbortSignal,
    judge: (passing: Passing | undefined) => boolean,
  ): Promise<boolean> {
    const { kernel, lead } = this.#around;
    if (awake === undefined || kernel === undefined) return false;
    const late = () => new NetwrightError('NOT_AWAKE', 'the kernel still leads connections there');
    return await withDeadline(signal, withdrawnWithinMs, late, async (stop) => {
      await lead();
      return judge((await kernel.passing([awake], stop)).get(awake.name));
    });
  }

  #hasPassed(passing: Passing, { countsQuiet, least }: OnDemandEntry): boolean {
    const before = this.#last;
    this.#last = passing;
    this.#lookedAt = performance.now();
    const { packets = 0, bytes = 0 } = before ?? {};
    // Counters of a rule that was filled anew begin again.
    const isOn = passing.packets >= packets && passing.bytes >= bytes;
    this.#ledger.received({
      packets: passing.packets - (isOn ? packets : 0),
      bytes: passing.bytes - (isOn ? bytes : 0),
    });
    const isOpen = countsQuiet && passing.open > 0;
    // Where some traffic counts as none, how much it is is seen from all of it.
    return isOpen || (least === undefined && before?.packets !== passing.packets);
  }

  /** Nobody is led to a loopback address, and who has to be told who the client is has to be told by the program. */
  #mayLead({ handover, target }: OnDemandEntry, { host }: Reached): boolean {
    const isLoopback = host === '::1' || host.startsWith('127.');
    return handover && target.kind === 'container' && !isLoopback && this.#around.kernel?.canLead() === true;
  }
}
