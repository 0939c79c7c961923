import type { Engine } from '../host/engine.ts';
import type { Log } from '../log.ts';
import type { Listed } from './group.ts';
import type { Kernel } from './kernel.ts';
import type { Rush } from './rush.ts';
import type { Turns } from './turns.ts';

/** What one entry needs of the rest. */
export interface Around {
  readonly engine: () => Engine | undefined;
  /** Resolves with the engine as soon as it is there; never, where it does not come. */
  readonly engineUp: (signal: AbortSignal) => Promise<Engine>;
  readonly turns: Turns;
  /** The containers as they were last listed, where nothing has happened to any since. */
  readonly known: () => readonly Listed[] | undefined;
  readonly rush: Rush;
  /** Whether the connections of other entries need this container. */
  readonly isUsedByOthers: (id: string) => boolean;
  /** Has the containers looked at. */
  readonly look: () => Promise<void>;
  /** The kernel's part, where there is one. */
  readonly kernel: Kernel | undefined;
  /** Resolves when the kernel leads to what is awake now, and to nothing else. */
  readonly lead: () => Promise<void>;
  readonly log: Log;
}
