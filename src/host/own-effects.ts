import type { NamespaceId } from '../model/namespace.ts';

/** An effect is heard this many ms after its cause has ended at the latest; what was not heard by then makes no sound. */
const heardWithin = 2000;
/** The kernel keeps this much of a program's name (TASK_COMM_LEN). */
const longestName = 15;

interface Awaited {
  readonly effect: string;
  until: number;
}

/** What this process does itself and hears of again, so that it is told from what others do: each effect is recognised once. */
export class OwnEffects {
  #awaited: Awaited[] = [];

  /** Does the work, whose success has this effect, once. */
  during<T>(effect: string, work: () => Promise<T>): Promise<T> {
    return this.duringIf(effect, work, () => true);
  }

  /** The same of work that is not all that a success takes. */
  async duringIf<T>(effect: string, work: () => Promise<T>, isSuccess: (result: T) => boolean): Promise<T> {
    const awaited: Awaited = { effect, until: Number.POSITIVE_INFINITY };
    this.#awaited.push(awaited);
    try {
      const result = await work();
      if (isSuccess(result)) awaited.until = performance.now() + heardWithin;
      else this.#forget(awaited);
      return result;
    } catch (error) {
      this.#forget(awaited);
      throw error;
    }
  }

  #forget(effect: Awaited): void {
    this.#awaited = this.#awaited.filter((other) => other !== effect);
  }

  /** Whether what was heard is an effect of ours that had not been heard yet; one more than we caused is somebody else's. */
  recognise(effect: string): boolean {
    const now = performance.now();
    this.#awaited = this.#awaited.filter(({ until }) => until >= now);
    const found = this.#awaited.findIndex((awaited) => awaited.effect === effect);
    if (found === -1) return false;
    this.#awaited.splice(found, 1);
    return true;
  }
}

/** One transaction in a namespace's rules by a program of this name: a pid in the kernel's message is of another pid namespace than ours. */
export function ruleTransaction(namespace: NamespaceId, program: string): string {
  return `rules ${namespace} ${program.slice(0, longestName)}`;
}
