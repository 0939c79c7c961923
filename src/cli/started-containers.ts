import type { EngineEvent } from '../host/engine-events.ts';
import type { Outcome } from '../model/plan.ts';
import { type Completed, type ContainersPass, completeContainers } from '../reconcile-containers.ts';
import type { Resolver } from '../resolve/resolver.ts';
import type { Cause } from '../watch/cause.ts';
import { Inspections } from '../watch/inspections.ts';
import { narrowFor } from './asked-for.ts';
import { type Complement, type Complete, Completing } from './completing.ts';
import { Hurry } from './hurry.ts';
import type { LastLook } from './left.ts';
import { type Narrowly, passOfContainers } from './narrow-pass.ts';
import type { PassWork } from './pass-facts.ts';

interface StartedContainersOptions {
  /** What is built upon. */
  readonly last: LastLook;
  readonly resolver: Resolver;
  /** Ends what is done beside passes. */
  readonly signal: AbortSignal;
}

/** Containers that start go before a look at everything: what is heard of them, passes for them alone, and what is done in them beside passes. */
export class StartedContainers {
  readonly #options: StartedContainersOptions;
  readonly #hurry = new Hurry();
  readonly #inspections = new Inspections();
  readonly #completing = new Completing((...asked) => this.#complete(...asked));

  constructor(options: StartedContainersOptions) {
    this.#options = options;
  }

  /** Fires when one starts, from the last `begin` on. */
  get hurry(): AbortSignal {
    return this.#hurry.signal;
  }

  /** What is being done in them beside passes; undefined where that is nothing. */
  get busy(): Promise<unknown> | undefined {
    return this.#completing.isBusy ? this.#completing.idle : undefined;
  }

  /** Fulfilled when the engine has told of it, which is asked where it may be. */
  heard(event: EngineEvent, mayAsk: boolean): Promise<void> | undefined {
    const { last, signal } = this.#options;
    const asked = this.#inspections.heard(event, mayAsk ? last.left?.host.engine : undefined, signal);
    if (event.action === 'start') this.#hurry.started();
    return asked?.then(() => this.#hurry.started());
  }

  /** A pass begins, of which these causes are no part. */
  begin(meanwhile: readonly Cause[]): void {
    this.#hurry.begin(meanwhile);
  }

  /** A pass for them alone, or for them first, where `andAll`; undefined where only a look at everything shows what to do. */
  async pass(
    { host, good, causes, signal }: PassWork,
    andAll: boolean,
    onOutcome: (outcome: Outcome) => void,
  ): Promise<Narrowly | undefined> {
    const { last, resolver } = this.#options;
    const narrow = narrowFor(causes);
    const { left } = last;
    if (narrow === undefined || left === undefined || !last.isInStep(host, good)) return undefined;
    return await passOfContainers({
      host,
      good,
      narrow: andAll ? { ...narrow, andAll } : narrow,
      last: { ...left, desired: left.view.desired },
      resolver,
      known: this.#inspections.take(narrow.containers),
      hurry: this.hurry,
      signal,
      onOutcome,
    });
  }

  /** Does what such a pass left out, in their namespaces, beside the passes that follow; as `Completing.add`. */
  complete(pass: ContainersPass): Promise<Complement> {
    return this.#completing.add(pass);
  }

  /** Everything was looked at. */
  looked(): void {
    this.#inspections.forget();
  }

  /** Fulfilled when nothing is done in them any more. */
  async ended(): Promise<void> {
    await this.#completing.idle;
  }

  async #complete(...[ids, part]: Parameters<Complete>): Promise<Completed | undefined> {
    const { last, signal } = this.#options;
    if (last.left === undefined) return undefined;
    const { host, view, observed } = last.left;
    return await completeContainers(host, { desired: view.desired, observed }, ids, part, signal);
  }
}
