import type { Area } from './area.ts';
import type { Culprit } from './culprits.ts';

/** Why to look at the host again. */
export interface Cause {
  /**
   * `connected`: the engine's event stream is (again) there; `renewed`: one took the place of another, and should have missed nothing;
   * `reload`: asked for by a signal; `awake`: containers on demand woke, or are to sleep.
   */
  readonly kind:
    | 'start'
    | 'file'
    | 'reload'
    | 'connected'
    | 'renewed'
    | 'engine'
    | 'kernel'
    | 'awake'
    | 'retry'
    | 'period';
  readonly detail?: string;
  /** The id of the container it happened to. */
  readonly container?: string;
  /** It may be about to start: Docker answers questions about it only when it has. */
  readonly mayBeStarting?: true;
  /** Its network is there and waits for its rules: not kept waiting for what else comes. */
  readonly urgent?: true;
  /** Where something was changed, as far as that is known. */
  readonly area?: Area;
  /** Who changed it, where the kernel tells. */
  readonly by?: readonly Culprit[];
}
