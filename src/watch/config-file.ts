import { setTimeout as sleep } from 'node:timers/promises';
import { FileEvents } from './file-events.ts';
import { type Fingerprint, fingerprint, status } from './fingerprint.ts';

/** What was read, and whether there was anything to read. */
export interface Reading<L> {
  readonly loaded: L;
  readonly missing: boolean;
}

interface ConfigFileListener<L> {
  /** The content is another one than the last time: used at once when it is good, when it is bad only once it stays so. */
  readonly changed: (reading: Reading<L>) => void;
  /** The file system gives no events: changes are noticed by the poll alone. */
  readonly pollingOnly: (error: unknown) => void;
  /** The file was replaced outside a single-file bind mount, which goes on showing the former one. */
  readonly replacedOutside: () => void;
  /** A bug: what was read could not be told. */
  readonly broke: (error: unknown) => void;
}

export interface ConfigFileOptions<L> {
  readonly path: string;
  readonly load: (path: string) => Promise<L>;
  readonly listener: ConfigFileListener<L>;
  /** Milliseconds between two comparisons of the content when no event comes. */
  readonly pollEvery: number;
  /** Whether to listen for events of the file system; true unless told. */
  readonly events?: boolean;
}

/** A file modified less than this many ms ago may still be in the writer's hands. */
const still = 20;
/** A bad or missing file is bad once it has not changed for this many ms: editors delete and rename, writers pause. */
const badFor = 100;
const glance = 25;
/** However it goes on changing, it is taken as it is after this many ms, a bad one, which may only be half of one, after that many. */
const [longestSettling, longestBad] = [300, 3000];
/** A directory where much happens is not looked at more often than this, in ms. */
const shortestPause = 5;

/** The configuration file or directory as it changes; every change of its content is told once, MD5 compared. */
export class ConfigFile<L extends { readonly ok: boolean; readonly digest?: string }> {
  readonly #options: ConfigFileOptions<L>;
  readonly #stopping = new AbortController();
  readonly #events: FileEvents | undefined;
  #poll: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #again: 'no' | 'glance' | 'read' = 'no';
  #told: Fingerprint | undefined;
  #eventless = false;

  constructor(options: ConfigFileOptions<L>) {
    this.#options = options;
    if (options.events !== false) {
      this.#events = new FileEvents(options.path, {
        happened: () => this.#look('glance'),
        failed: (error) => this.#failed(error),
      });
    }
  }

  /** Begins to listen, tells what is there now, and resolves when that is done. */
  async start(): Promise<void> {
    this.#poll = setInterval(() => this.#look('read'), this.#options.pollEvery);
    this.#look('read');
    await this.#looking;
  }

  /** Reads the content, whatever the file system says, and resolves when what changed has been told. */
  async reread(): Promise<void> {
    this.#look('read');
    await this.#looking;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    clearInterval(this.#poll);
    await this.#looking;
    await this.#events?.close();
  }

  #failed(error: unknown): void {
    if (this.#eventless) return;
    this.#eventless = true;
    this.#options.listener.pollingOnly(error);
  }

  #look(how: 'glance' | 'read'): void {
    if (this.#stopping.signal.aborted) return;
    if (this.#again !== 'read') this.#again = how;
    this.#looking ??= this.#lookWhileAsked();
  }

  async #lookWhileAsked(): Promise<void> {
    for (;;) {
      const how = this.#again;
      if (how === 'no' || this.#stopping.signal.aborted) {
        this.#looking = undefined;
        return;
      }
      this.#again = 'no';
      try {
        await this.#events?.follow();
        await this.#compare(how);
      } catch (error) {
        this.#options.listener.broke(error);
      }
      await this.#pause(shortestPause);
    }
  }

  async #compare(how: 'glance' | 'read'): Promise<void> {
    const last = this.#told;
    const early = how === 'glance' && last !== undefined ? await this.#readEarly(last) : undefined;
    const seen = early?.seen ?? (await fingerprint(this.#options.path, how === 'glance' ? last : undefined));
    if (seen.replacedOutside && last?.replacedOutside !== true) this.#options.listener.replacedOutside();
    if (last !== undefined && seen.digest === last.digest) {
      this.#told = seen;
      return;
    }
    const loaded = early?.loaded;
    const settled = loaded === undefined ? await this.#settle(seen) : { seen, loaded };
    if (this.#stopping.signal.aborted) return;
    this.#told = settled.seen;
    if (last !== undefined && settled.seen.digest === last.digest) return;
    this.#options.listener.changed({ loaded: settled.loaded, missing: settled.seen.digest === undefined });
  }

  /**
   * What took the place of another file in one step is mostly whole: it is read while it is waited for. What was read is taken only if
   * the content, too, is the same in the end: a write within the same tick of the file system's clock leaves the status as it was.
   */
  async #readEarly(
    last: Fingerprint,
  ): Promise<{ readonly seen: Fingerprint; readonly loaded?: L } | undefined> {
    const { path, load } = this.#options;
    const { signature, identity, modified } = await status(path);
    const age = Date.now() - modified;
    const isOther = last.digest !== undefined && identity !== last.identity;
    if (!isOther || age < 0 || age >= still) return undefined;
    const loaded = await load(path);
    if (!loaded.ok) return undefined;
    await this.#pause(Math.max(0, still - (Date.now() - modified) + 1));
    const seen = await fingerprint(path);
    const isSame = seen.signature === signature && seen.digest === loaded.digest;
    return isSame ? { seen, loaded } : { seen };
  }

  async #settle(first: Fingerprint): Promise<{ readonly seen: Fingerprint; readonly loaded: L }> {
    const { path, load } = this.#options;
    const began = performance.now();
    let seen = first;
    for (;;) {
      const since = performance.now();
      seen = await this.#untilStill(seen, Math.max(began + longestSettling, since + still));
      const loaded = await load(path);
      const [patience, longest] = loaded.ok ? [0, longestSettling] : [badFor, longestBad];
      // The same content is not enough: what was read may be younger than the status that was found to be still.
      let next = await fingerprint(path, seen);
      // How long it has stayed bad is told by a look that begins so late, not by one that ends then.
      for (let at = since; next === seen && at < Math.min(since + patience, began + longest); ) {
        await this.#pause(glance);
        at = performance.now();
        next = await fingerprint(path, seen);
      }
      if (next === seen || performance.now() >= began + longest || this.#stopping.signal.aborted) {
        return { seen, loaded };
      }
      seen = next;
    }
  }

  /** Half of a file can be a good file: it is not read while it is being written. */
  async #untilStill(first: Fingerprint, deadline: number): Promise<Fingerprint> {
    let seen = first;
    for (;;) {
      const age = Date.now() - seen.modified;
      if (age < 0 || age >= still || performance.now() >= deadline) return seen;
      await this.#pause(still - age + 1);
      seen = await fingerprint(this.#options.path, seen);
      if (this.#stopping.signal.aborted) return seen;
    }
  }

  async #pause(milliseconds: number): Promise<void> {
    await sleep(milliseconds, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }
}
