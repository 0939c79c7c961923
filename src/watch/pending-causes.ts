import type { Cause } from './cause.ts';
import { joinCulprits } from './culprits.ts';

const mostCauses = 1000;
/** There was more than can be told. */
const more: Cause = { kind: 'engine', detail: 'and more' };

/** What the next pass is for: the same cause is told once, with all who are behind it. */
export class PendingCauses {
  #causes: Cause[] = [];

  get all(): readonly Cause[] {
    return this.#causes;
  }

  add(cause: Cause): void {
    const index = this.#causes.findIndex(
      ({ kind, detail, container, area }) =>
        kind === cause.kind &&
        detail === cause.detail &&
        container === cause.container &&
        area === cause.area,
    );
    const known = this.#causes[index];
    if (known === undefined) {
      if (this.#causes.length < mostCauses) this.#causes.push(cause);
      else if (!this.#causes.includes(more)) this.#causes.push(more);
    } else if (cause.by !== undefined) {
      this.#causes[index] = { ...known, by: joinCulprits(known.by, cause.by) };
    }
  }

  /** All of them, for the pass that begins; what comes now is for the one after it. */
  take(): readonly Cause[] {
    const causes = this.#causes;
    this.#causes = [];
    return causes;
  }
}
