/** Numbers that come out the same for the same seed (mulberry32). */
export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** 0 to below 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** A whole number from 0 to below the limit. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  oneOf<const T>(values: readonly [T, ...(readonly T[])]): T {
    return values[this.below(values.length)] ?? values[0];
  }

  /** Throws for an empty list. */
  anyOf<T>(values: readonly T[]): T {
    const [first, ...others] = values;
    if (first === undefined) throw new Error('nothing to choose from');
    return this.oneOf<T>([first, ...others]);
  }

  isOnceIn(times: number): boolean {
    return this.below(times) === 0;
  }
}
