import { NetwrightError } from '../errors.ts';
import { withDeadline } from '../host/deadline.ts';
import type { Amount, Awake, OnDemandEntry } from '../model/on-demand.ts';
import type { OnDemandStatus } from '../model/status.ts';
import type { Around } from './around.ts';
import type { Carried, Passing } from './kernel.ts';
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
  #waking = 0;
  /** Since they are awake, as of the last look; undefined: there was none. */
  #last: Carried | undefined;
  #lookedAt = 0;
  /** What has passed until the last look. */
  #past = { toTarget: 0, toClient: 0 };

  constructor(around: Pick<Around, 'kernel' | 'lead'>, ledger: Ledger) {
    this.#around = around;
    this.#ledger = ledger;
  }

  /** The containers have just woken, and are reached there. */
  begin(entry: OnDemandEntry, reached: Reached): void {
    this.#reached = this.#mayLead(entry, reached) ? reached : undefined;
    this.#waking++;
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
    return { name, address, port, leads: phase === 'awake', waking: this.#waking };
  }

  /** Bytes it has carried, those until now included where they have been read since; undefined where it never carried any. */
  status(awake: Awake | undefined): Pick<OnDemandStatus, 'byKernel'> {
    const now = awake && this.#around.kernel?.carried(awake);
    const all = now === undefined ? this.#past : this.#plus(now);
    return all.toTarget + all.toClient > 0 ? { byKernel: all } : {};
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
      const passing = (await kernel.passing([awake], stop)).get(awake.name);
      const isPassing = judge(passing);
      this.#counted(passing);
      return isPassing;
    });
  }

  #hasPassed(passing: Passing, { countsQuiet, least }: OnDemandEntry): boolean {
    const before = this.#last;
    this.#counted(passing);
    this.#lookedAt = performance.now();
    this.#ledger.received(more(passing.toTarget, before?.toTarget));
    const isOpen = countsQuiet && passing.open > 0;
    // Where some traffic counts as none, how much it is is seen from all of it.
    return isOpen || (least === undefined && packetsOf(before) !== packetsOf(passing));
  }

  #counted(carried: Carried | undefined): void {
    if (carried === undefined) return;
    this.#past = this.#plus(carried);
    this.#last = carried;
  }

  #plus({ toTarget, toClient }: Carried): { readonly toTarget: number; readonly toClient: number } {
    return {
      toTarget: this.#past.toTarget + more(toTarget, this.#last?.toTarget).bytes,
      toClient: this.#past.toClient + more(toClient, this.#last?.toClient).bytes,
    };
  }

  /** Nobody is led to a loopback address, and who has to be told who the client is has to be told by the program. */
  #mayLead({ handover, target }: OnDemandEntry, { host }: Reached): boolean {
    const isLoopback = host === '::1' || host.startsWith('127.');
    return handover && target.kind === 'container' && !isLoopback && this.#around.kernel?.canLead() === true;
  }
}

/** What was counted since; nothing where the rules have been filled anew meanwhile, and begin again. */
function more(now: Amount, before: Amount = none): Amount {
  return {
    packets: Math.max(0, now.packets - before.packets),
    bytes: Math.max(0, now.bytes - before.bytes),
  };
}

const none: Amount = { packets: 0, bytes: 0 };

function packetsOf(carried: Carried | undefined): number | undefined {
  return carried && carried.toTarget.packets + carried.toClient.packets;
}
