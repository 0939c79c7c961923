import type { Area } from './area.ts';
import { type Culprit, joinCulprits } from './culprits.ts';

/** What a pass put right in one area. */
export interface Repair {
  readonly area: Area;
  /** What it was, for people. */
  readonly what: string;
  /** How often it did so before it was done, or gave up. */
  readonly times: number;
  /** All that is to be in this area, as a digest: where that has changed since, putting it right was no repair. */
  readonly wanted: string;
}

/** An area that somebody keeps undoing. */
export interface Contested {
  readonly area: Area;
  readonly what: string;
  readonly by: readonly Culprit[];
  /** When it is looked at again; in ms of `performance.now()`, as all times here. */
  readonly nextLook: number;
  /** How long it is left alone between two repairs, in ms. */
  readonly wait: number;
}

export interface ContentionListener {
  /** Told when it begins, and once more when the longest wait is reached. */
  readonly contested: (contested: Contested) => void;
  readonly over: (contested: Contested) => void;
}

/** All in milliseconds. */
export interface ContentionTiming {
  /** So many repairs of one area … */
  readonly repairs: number;
  /** … or of one that is only looked at every two seconds … */
  readonly polledRepairs: number;
  /** … within this time are a quarrel. */
  readonly within: number;
  /** The wait after the first of them; it doubles with each further one. */
  readonly firstWait: number;
  readonly longestWait: number;
}

/** Somebody who configures a firewall by hand or by a script may undo us a few times within seconds, and is not to wait. */
export const usualContention: ContentionTiming = {
  repairs: 10,
  polledRepairs: 4,
  within: 10_000,
  firstWait: 1000,
  longestWait: 30_000,
};

interface State {
  readonly area: Area;
  what: string;
  wanted: string;
  /** When it was repaired lately. */
  times: number[];
  by: readonly Culprit[];
  /** 0: not contested. */
  wait: number;
  until: number;
  last: number;
}

/** Notices that a tool undoes our repairs as fast as we make them, and says how long an area is to be left alone. */
export class Contention {
  readonly #listener: ContentionListener;
  readonly #timing: ContentionTiming;
  readonly #areas = new Map<Area, State>();

  constructor(listener: ContentionListener, timing: ContentionTiming = usualContention) {
    this.#listener = listener;
    this.#timing = timing;
  }

  /** A pass that began at `began` has ended now, with these repairs; `byOf`: who is known to have made them necessary. */
  passed(
    repairs: readonly Repair[],
    byOf: (area: Area) => readonly Culprit[],
    began: number,
    now: number,
  ): void {
    for (const repair of repairs) this.#repaired(repair, byOf(repair.area), began, now);
    const repaired = new Set(repairs.map(({ area }) => area));
    for (const state of this.#areas.values()) {
      if (state.wait > 0 && !repaired.has(state.area) && now >= calmAt(state, this.#timing)) {
        this.#areas.delete(state.area);
        this.#listener.over(contestedOf(state));
      }
    }
  }

  /** Until when changes in this area are no reason to look; undefined when they are one now. */
  heldUntil(area: Area | undefined, now: number): number | undefined {
    const state = area === undefined ? undefined : this.#areas.get(area);
    return state !== undefined && state.wait > 0 && state.until > now ? state.until : undefined;
  }

  /** When somebody has to look at what is contested, whatever happens; undefined when nothing is. */
  nextLook(now: number): number | undefined {
    const times = [...this.#areas.values()]
      .filter(({ wait }) => wait > 0)
      .map((state) => (state.until > now ? state.until : calmAt(state, this.#timing)));
    return times.length === 0 ? undefined : Math.max(now, Math.min(...times));
  }

  list(): readonly Contested[] {
    return [...this.#areas.values()].filter(({ wait }) => wait > 0).map(contestedOf);
  }

  #repaired({ area, what, times, wanted }: Repair, by: readonly Culprit[], began: number, now: number): void {
    const known = this.#areas.get(area);
    const state = known ?? { area, what, wanted, times: [], by: [], wait: 0, until: 0, last: now };
    this.#areas.set(area, state);
    if (state.wanted !== wanted && state.wait === 0) state.times = [];
    Object.assign(state, { what, wanted, last: now, by: joinCulprits(state.by, by) });
    const { firstWait, longestWait, within } = this.#timing;
    if (state.wait > 0) {
      // Repaired along with something else while it was to be left alone: that says nothing new.
      if (began < state.until) return;
      this.#hold(state, Math.min(state.wait * 2, longestWait), now);
      return;
    }
    const recent = state.times.filter((time) => now - time < within);
    state.times = [...recent, ...Array.from({ length: times }, () => now)];
    const { repairs, polledRepairs } = this.#timing;
    if (state.times.length >= (isPolled(area) ? polledRepairs : repairs))
      this.#hold(state, Math.min(firstWait, longestWait), now);
  }

  #hold(state: State, wait: number, now: number): void {
    const isNews = state.wait === 0 || (wait === this.#timing.longestWait && wait !== state.wait);
    Object.assign(state, { wait, until: now + wait });
    if (isNews) this.#listener.contested(contestedOf(state));
  }
}

function isPolled(area: Area): boolean {
  return area === 'sets' || area.startsWith('sysctls ');
}

/** Left alone by the other for this long after a repair, it is at peace: with less, a slow quarrel would begin anew again and again. */
function calmAt({ last, wait }: State, { within }: ContentionTiming): number {
  return last + Math.max(within, 2 * wait);
}

function contestedOf({ area, what, by, until, wait }: State): Contested {
  return { area, what, by, nextLook: until, wait };
}
