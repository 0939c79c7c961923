import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { test as bare } from 'vitest';
import { ConfigFile } from '../../src/watch/config-file.ts';

export interface Loaded {
  readonly ok: boolean;
  readonly text: string;
  readonly digest?: string;
}

export interface WatchOptions {
  readonly path?: string;
  readonly events?: boolean;
  readonly pollEvery?: number;
  readonly load?: (path: string) => Promise<Loaded>;
  /** Done each time that what is there is no good, or nothing is, before that is known to the watch. */
  readonly whenBad?: () => Promise<void>;
}

export const json = (n: number) => JSON.stringify({ n });

/** A good file is one that JSON.parse understands. */
async function asJson(from: string): Promise<Loaded> {
  const text = await readFile(from, 'utf8').catch(() => '');
  try {
    return { ok: true, text: JSON.stringify(JSON.parse(text)) };
  } catch {
    return { ok: false, text };
  }
}

/** A `networks.json` in a folder of its own, and what a watch of it tells. */
export class WatchedFile {
  readonly folder: string;
  readonly path: string;
  /** In order: the content, `bad`, `missing`, or something said about the file. */
  readonly told: string[] = [];
  #watched: ConfigFile<Loaded> | undefined;

  constructor(folder: string) {
    this.folder = folder;
    this.path = join(folder, 'networks.json');
  }

  async watch({ load = asJson, whenBad, ...options }: WatchOptions = {}): Promise<void> {
    this.#watched = new ConfigFile({
      path: this.path,
      pollEvery: 60_000,
      ...options,
      load: async (from) => {
        const loaded = await load(from);
        if (!loaded.ok) await whenBad?.();
        return loaded;
      },
      listener: {
        changed: ({ loaded, missing }) =>
          this.told.push(missing ? 'missing' : loaded.ok ? loaded.text : 'bad'),
        pollingOnly: () => this.told.push('polling only'),
        replacedOutside: () => this.told.push('replaced outside'),
        broke: (error) => this.told.push(String(error)),
      },
    });
    await this.#watched.start();
  }

  async reread(): Promise<void> {
    await this.#watched?.reread();
  }

  async stop(): Promise<void> {
    await this.#watched?.stop();
  }

  /** Resolves as soon as this is what was told last; rejects when it is not within ten seconds. */
  async untilTold(last: string): Promise<void> {
    const began = performance.now();
    while (this.told.at(-1) !== last) {
      if (performance.now() - began > 10_000) throw new Error(`not told: ${last}; only ${this.told.join()}`);
      await sleep(1);
    }
  }

  /** Everything told until nothing came for a while. */
  async quiet(): Promise<readonly string[]> {
    for (let before = -1; before !== this.told.length; ) {
      before = this.told.length;
      await sleep(400);
    }
    return this.told;
  }

  /** Everything told until this was, and nothing came after it for a while. */
  async quietAfter(last: string): Promise<readonly string[]> {
    await this.untilTold(last);
    return await this.quiet();
  }
}

/** A test that gets a file of its own, `{"n":1}` in it. */
export const test = bare.extend<{ file: WatchedFile }>({
  file: async ({ task }, use) => {
    const folder = await mkdtemp(join(tmpdir(), `netwright-${task.type}-`));
    const file = new WatchedFile(folder);
    await writeFile(file.path, json(1));
    await use(file);
    await file.stop();
    await rm(folder, { recursive: true, force: true });
  },
});
