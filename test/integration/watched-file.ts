import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { test as bare } from 'vitest';
import { ConfigFile } from '../../src/watch/config-file.ts';

export interface Loaded {
  readonly ok: boolean;
  readonly text: string;
}

export interface WatchOptions {
  readonly path?: string;
  readonly events?: boolean;
  readonly pollEvery?: number;
  readonly load?: (path: string) => Promise<Loaded>;
}

export const json = (n: number) => JSON.stringify({ n });

/** A good file is one that JSON.parse understands. */
async function load(from: string): Promise<Loaded> {
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

  async watch(options: WatchOptions = {}): Promise<void> {
    this.#watched = new ConfigFile({
      path: this.path,
      load,
      pollEvery: 60_000,
      ...options,
      listener: {
        changed: ({ loaded, missing }) =>
          this.told.push(missing ? 'missing' : loaded.ok ? loaded.text : 'bad'),
        pollingOnly: () => this.told.push('polling only'),
        replacedOutside: () => this.told.push('replaced outside'),
        broke: (error) => this.told.push(String(error)),
      },
    });
    await this.#watched.start();
    await sleep(100);
  }

  async reread(): Promise<void> {
    await this.#watched?.reread();
  }

  async stop(): Promise<void> {
    await this.#watched?.stop();
  }

  /** Everything told until nothing came for a while. */
  async quiet(ms = 400): Promise<readonly string[]> {
    let since = performance.now();
    let before = this.told.length;
    while (performance.now() - since < ms) {
      await sleep(10);
      if (this.told.length > before) since = performance.now();
      before = this.told.length;
    }
    return this.told;
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
