import type { Config } from '../model/config.ts';
import type { Desired } from '../model/desired.ts';
import type { HostFacts } from '../model/facts.ts';
import type { Inventory } from '../model/inventory.ts';
import type { Ownership } from '../model/ownership.ts';
import type { KnownPolicies } from './known-policies.ts';
import { desiredAfterMoves } from './moved-containers.ts';
import { resolve } from './resolve.ts';

interface Last {
  readonly config: Config;
  readonly inventory: Inventory;
  readonly ownership: Ownership;
  readonly facts: HostFacts;
  readonly desired: Desired;
}

/** Resolves for whoever asks again and again: the answer is that of `resolve`, and what is the same as the last time the same object. */
export class Resolver {
  readonly #known: KnownPolicies | undefined;
  #last: Last | undefined;

  /** `known`: what policies came to before, for whoever may ask of more than one file. */
  constructor(known?: KnownPolicies) {
    this.#known = known;
  }

  resolve(config: Config, inventory: Inventory, ownership: Ownership, facts: HostFacts): Desired {
    const last = this.#last;
    const isSame = last?.config === config && last.ownership === ownership && last.facts === facts;
    const desired =
      (isSame ? desiredAfterMoves(last.desired, last.inventory, inventory) : undefined) ??
      resolve(config, inventory, ownership, facts, this.#known);
    this.#last = { config, inventory, ownership, facts, desired };
    return desired;
  }
}
