import type { NamespaceId } from '../model/namespace.ts';
import type { Outcome } from '../model/plan.ts';
import type { Completed, ContainersPass } from '../reconcile-containers.ts';

type Ids = ReadonlySet<NamespaceId>;

/** Does in these namespaces what is wanted there, rules or all the rest; undefined where only a look at everything can. */
export type Complete = (ids: Ids, part: 'rules' | 'rest') => Promise<Completed | undefined>;

/** A pass with what was done beside it, and whether nothing is known to be left. */
export interface Complement {
  readonly pass: ContainersPass;
  readonly isAll: boolean;
}

/**
 * What is wanted in containers that started, done beside the passes: containers do not wait for each other's rules, and nobody's rules
 * for the rest, which waits for the kernel.
 */
export class Completing {
  readonly #complete: Complete;
  readonly #writing = new Map<NamespaceId, Promise<unknown>>();
  #waiting = new Set<NamespaceId>();
  #next: Promise<Completed | undefined> | undefined;
  #round: Promise<unknown> = Promise.resolve();
  #newest: Promise<unknown> = Promise.resolve();
  #open = 0;

  constructor(complete: Complete) {
    this.#complete = complete;
  }

  get isBusy(): boolean {
    return this.#open > 0;
  }

  /** Fulfilled when nothing is under way of what was asked for by now. */
  get idle(): Promise<unknown> {
    return this.#newest;
  }

  /** The pass with what was done in its containers since; settles after those asked for before, and rejects as what it takes does. */
  add(pass: ContainersPass): Promise<Complement> {
    const adding = this.#after(this.#newest, pass);
    this.#newest = adding.catch(() => undefined);
    return adding;
  }

  async #after(before: Promise<unknown>, pass: ContainersPass): Promise<Complement> {
    const { inside: ids } = pass;
    this.#open++;
    try {
      const [parts] = await Promise.allSettled([this.#parts(ids), before]);
      if (parts.status === 'rejected') throw parts.reason;
      const [rules, rest] = parts.value;
      const done = [rules, rest].flatMap((part) => doneIn(ids, part?.outcomes ?? []));
      const notices = rest?.look.plan.notices ?? pass.last.plan.notices;
      const last = { ...pass.last, plan: { ...pass.last.plan, notices } };
      const isAll = ids.size === 0 || (rules?.isAll === true && rest?.isAll === true);
      return { pass: { ...pass, outcomes: [...pass.outcomes, ...done], last }, isAll };
    } finally {
      this.#open--;
    }
  }

  async #parts(ids: Ids): Promise<readonly (Completed | undefined)[]> {
    if (ids.size === 0) return [];
    const rules = await this.#rulesOf(ids);
    for (const id of ids) this.#waiting.add(id);
    this.#next ??= this.#rest(this.#round);
    return [rules, await this.#next];
  }

  /** At once, but where the same is being done already. */
  async #rulesOf(ids: Ids): Promise<Completed | undefined> {
    const before = Promise.allSettled([...ids].flatMap((id) => this.#writing.get(id) ?? []));
    const writing = before.then(() => this.#complete(ids, 'rules'));
    for (const id of ids) this.#writing.set(id, writing);
    try {
      return await writing;
    } finally {
      for (const id of ids) if (this.#writing.get(id) === writing) this.#writing.delete(id);
    }
  }

  /** All who wait, once those before are through. */
  async #rest(before: Promise<unknown>): Promise<Completed | undefined> {
    const going = before.then(() => {
      const ids = this.#waiting;
      this.#waiting = new Set();
      this.#next = undefined;
      return this.#complete(ids, 'rest');
    });
    this.#round = going.catch(() => undefined);
    return await going;
  }
}

/** What failed is for the look that follows to tell of, if it is still to be done then. */
function doneIn(ids: Ids, outcomes: readonly Outcome[]): readonly Outcome[] {
  return outcomes.filter(
    ({ result, operation }) => result === 'done' && 'namespace' in operation && ids.has(operation.namespace),
  );
}
