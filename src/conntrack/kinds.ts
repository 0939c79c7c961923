import type { Family } from '../model/ruleset.ts';
import { likenessOf } from './alike.ts';
import type { Flow } from './flow.ts';
import { parseFlow } from './parse.ts';

/** Connections as they are listed, of which there may be hundreds of thousands: one is kept of each kind that rules can tell apart. */
export class Kinds {
  readonly #family: Family;
  readonly #flows = new Map<string, Flow>();

  constructor(family: Family) {
    this.#family = family;
  }

  /** A line of `conntrack -L`; one that is no connection is passed over. */
  read(line: string): void {
    const flow = parseFlow(line, this.#family);
    if (flow !== undefined) this.#flows.set(likenessOf(flow), flow);
  }

  list(): readonly Flow[] {
    return [...this.#flows.values()];
  }
}
