/** So long what can wait gives way to a wake: from its beginning, and from when its container runs or answers. All in ms. */
const [whileStarting, onceStarted] = [1000, 250];
/** However many wakes follow one another; then what gave way is done. */
const longest = 1500;

interface Waking {
  readonly has: (id: string) => boolean;
  readonly until: number;
}

/**
 * The wakes that somebody waits for. What can wait gives way to them for a while, since each process that is started meanwhile keeps them
 * waiting for some ms. Times are in ms, by `performance.now()`.
 */
export class Rush {
  readonly #onOver: () => void;
  readonly #wakes = new Map<string, Waking>();
  #since = 0;

  /** Called each time that nobody waits any more. */
  constructor(onOver: () => void) {
    this.#onOver = onOver;
  }

  /** The entry of this name is woken for somebody; `has` tells its containers. */
  begin(name: string, has: Waking['has']): void {
    const now = performance.now();
    if (this.#wakes.size === 0) this.#since = now;
    this.#wakes.set(name, { has, until: now + whileStarting });
  }

  /** The container runs. */
  started(id: string): void {
    for (const [name, { has }] of this.#wakes) if (has(id)) this.answers(name);
  }

  /** Who waits for the entry is carried there now. */
  answers(name: string): void {
    const waking = this.#wakes.get(name);
    if (waking === undefined) return;
    const now = performance.now();
    // What had given way before this has been done meanwhile.
    if (this.until(now) === undefined) this.#since = now;
    this.#wakes.set(name, { ...waking, until: now + onceStarted });
  }

  /** Nobody waits for the entry any more. */
  over(name: string): void {
    if (this.#wakes.delete(name) && this.#wakes.size === 0) this.#onOver();
  }

  /** Until when other work gives way; undefined: it need not. */
  until(now: number): number | undefined {
    const latest = Math.max(...[...this.#wakes.values()].map(({ until }) => until));
    const until = Math.min(latest, this.#since + longest);
    return until > now ? until : undefined;
  }

  /** Whether it gives way as far as this container is concerned, too. */
  isOf(id: string): boolean {
    if (this.until(performance.now()) === undefined) return false;
    return [...this.#wakes.values()].some(({ has }) => has(id));
  }
}
