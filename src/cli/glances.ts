import type { Host } from '../host/host.ts';
import type { LoadedConfig } from '../load/load.ts';
import { isUnchanged } from '../observe/unchanged.ts';
import type { Cause } from '../watch/cause.ts';
import { glanceFor } from './asked-for.ts';
import type { Left } from './left.ts';
import { dependsOnRoutes } from './narrow-pass.ts';

interface GlanceWork {
  readonly host: Host;
  readonly good: LoadedConfig;
  readonly causes: readonly Cause[];
  readonly signal: AbortSignal;
  /** As in `PassesOptions`. */
  readonly hearsInside: boolean;
  readonly last: Left | undefined;
  /** When everything is to be looked at, by `performance.now()`. */
  readonly dueAt: number | undefined;
}

/** Of the looks that only time asks for, one in so many reads everything; the others see what `isUnchanged` does. */
const fullEvery = 10;

/** Looks only at where something may have happened. */
export class Glances {
  #inARow = 0;

  /** Everything was looked at. */
  looked(): void {
    this.#inARow = 0;
  }

  /** What the last pass left behind, where it is still so; undefined when that takes more than a glance to know. */
  async glance({
    host,
    good,
    causes,
    signal,
    hearsInside,
    last,
    dueAt,
  }: GlanceWork): Promise<Left | undefined> {
    const glance = glanceFor(causes, hearsInside);
    if (glance === undefined || last?.converged !== true || last.host !== host || last.good !== good)
      return undefined;
    if ((last.observed.unreadable?.size ?? 0) > 0) return undefined;
    if (causes.some(({ kind }) => kind === 'period') && ++this.#inARow >= fullEvery) return undefined;
    // What is about to be looked at anyway waits for that: containers that start make their routes, too.
    const isDue = dueAt !== undefined && performance.now() < dueAt;
    const routes = glance.routes === true && dependsOnRoutes({ desired: last.view.desired, ...last });
    const now = isDue ? { ...glance, inside: false, routes } : glance;
    return (await isUnchanged(host, last.observed, now, signal)) ? last : undefined;
  }
}
