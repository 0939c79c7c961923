import type { Host } from '../host/host.ts';
import type { LoadedConfig } from '../load/load.ts';
import type { NamespaceId } from '../model/namespace.ts';
import type { Observed } from '../model/observed.ts';
import type { Pass } from '../reconcile.ts';
import type { PassView } from './repairs.ts';

/** What the last pass that came to its end left behind. */
export interface Left {
  readonly host: Host;
  readonly good: LoadedConfig;
  readonly view: PassView;
  readonly observed: Observed;
  readonly converged: boolean;
  /** Namespaces that were left out, since containers started in them: a look at everything is due. */
  readonly incomplete: ReadonlySet<NamespaceId>;
}

/** What the next passes may build upon. */
export class LastLook {
  #left: Left | undefined;

  get left(): Left | undefined {
    return this.#left;
  }

  /** `inside`: the namespaces that the pass left out; undefined where it looked at everything. */
  keep(host: Host, good: LoadedConfig, pass: Pass, inside?: ReadonlySet<NamespaceId>): Left {
    const { desired, observed } = pass.last;
    const leftOut = inside === undefined ? [] : [...(this.#left?.incomplete ?? []), ...inside];
    const incomplete = new Set(leftOut.filter((id) => !observed.namespaces.has(id)));
    const view = { desired, outcomes: pass.outcomes, lifeOf: livesOf(host, [...desired.namespaces.keys()]) };
    this.#left = { host, good, view, observed, converged: pass.converged, incomplete };
    return this.#left;
  }

  /** What was found is not to be built upon. */
  doubt(): void {
    this.#left = this.#left && { ...this.#left, converged: false };
  }

  /** All that was seen last may be built upon. */
  isInStep(host: Host, good: LoadedConfig): boolean {
    const left = this.#left;
    return left?.converged === true && left.host === host && left.good === good;
  }
}

/** As they are now: the host forgets what it knew of them with the next pass. */
function livesOf(host: Host, namespaces: readonly string[]): PassView['lifeOf'] {
  const lives = new Map(namespaces.map((id) => [id, host.namespaces.lives(id)?.eldest]));
  return (id) => lives.get(id);
}
