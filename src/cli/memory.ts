import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** A daemon that has had nothing to do for so long gives back what its last pass left behind. */
const restMs = 3000;

/**
 * Keeps a process that lives for months near what it really holds. V8 lets its young generation grow to 48 MB with the first big file, and
 * collects the old one only when something is allocated, which a daemon at rest hardly does.
 */
export class Memory {
  readonly #collect: () => void;
  #resting: NodeJS.Timeout | undefined;

  constructor() {
    setFlagsFromString('--semi-space-growth-factor=1');
    setFlagsFromString('--expose-gc');
    this.#collect = runInNewContext('gc') as () => void;
  }

  /** Something large was done: what it left is collected once it is quiet. */
  used(): void {
    clearTimeout(this.#resting);
    this.#resting = setTimeout(this.#collect, restMs).unref();
  }
}
