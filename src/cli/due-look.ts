/** After a pass for a few containers alone, everything is looked at once nothing has come of them for this long … */
const quiet = 1000;
/** … and this long after the first of them, whatever comes; both in milliseconds. */
const longest = 15_000;
/** It gives way to containers that start until this long after the first of them, in ms: an engine that answers nobody meanwhile has no more time than that. */
const longestGivingWay = 60_000;

/** When everything is to be looked at, because less than that was looked at lately; times are of `performance.now()`. */
export class DueLook {
  #since: number | undefined;
  #at: number | undefined;

  /** Undefined: as usual. */
  get at(): number | undefined {
    return this.#at;
  }

  /** Whether it may wait once more. */
  mayWait(now: number): boolean {
    return this.#since === undefined || now < this.#since + longest;
  }

  /** Whether it may give way, once it has begun. */
  mayGiveWay(now: number): boolean {
    return this.#since === undefined || now < this.#since + longestGivingWay;
  }

  put(now: number): void {
    this.#since ??= now;
    this.#at = Math.max(now, Math.min(now + quiet, this.#since + longest));
  }

  done(): void {
    this.#since = undefined;
    this.#at = undefined;
  }
}
