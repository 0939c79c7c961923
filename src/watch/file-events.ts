import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';
import { isConfigName } from './fingerprint.ts';

/** A directory whose entries may matter; `only`: one of them. */
interface Followed {
  readonly path: string;
  readonly only?: string;
}

export interface FileEventsListener {
  /** Something happened near the file, or may have while nobody was listening. */
  readonly happened: () => void;
  /** This file system, or this user's limit, gives no events. */
  readonly failed: (error: unknown) => void;
}

/**
 * Events of the directory a configuration lives in, never of the file alone: a file that is replaced takes its watch
 * with it. Also of its parent, in which the directory itself is replaced, and of the directory its symlinks lead to.
 */
export class FileEvents {
  readonly #path: string;
  readonly #listener: FileEventsListener;
  #identity = '';
  #watcher: FSWatcher | undefined;
  #closed = false;

  constructor(path: string, listener: FileEventsListener) {
    this.#path = resolve(path);
    this.#listener = listener;
  }

  /** Follows what the path leads to now; to be called again after everything that happened. */
  async follow(): Promise<void> {
    const followed = await directoriesOf(this.#path);
    const identities = await Promise.all(followed.map(({ path }) => identityOf(path)));
    const identity = identities.join('\n');
    if (this.#closed || identity === this.#identity) return;
    this.#identity = identity;
    const last = this.#watcher;
    this.#watcher = this.#watch(followed);
    await last?.close();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#watcher?.close();
  }

  #watch(followed: readonly Followed[]): FSWatcher {
    const roots = new Map(followed.map((one) => [one.path, one]));
    const watcher = watch([...roots.keys()], {
      depth: 0,
      ignoreInitial: true,
      atomic: false,
      ignored: (path) => !this.#matters(roots, resolve(path)),
    });
    // Chokidar's own events are throttled and know nothing of a swapped directory symlink; the kernel's are neither.
    watcher.on('raw', (_event, name, details) => {
      const { watchedPath } = details as { readonly watchedPath?: string };
      const root = watchedPath === undefined ? undefined : roots.get(watchedPath);
      if (root?.only === undefined || root.only === name || !name) this.#listener.happened();
    });
    watcher.on('ready', () => this.#listener.happened());
    watcher.on('error', (error) => this.#listener.failed(error));
    return watcher;
  }

  /** Every entry that is not ignored costs one inotify watch. */
  #matters(roots: ReadonlyMap<string, Followed>, path: string): boolean {
    if (roots.has(path)) return true;
    const root = roots.get(dirname(path));
    const name = basename(path);
    if (root === undefined) return false;
    return root.only === undefined ? path === this.#path || isConfigName(name) : root.only === name;
  }
}

async function directoriesOf(path: string): Promise<Followed[]> {
  const isDirectory = await stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
  const home = isDirectory ? path : dirname(path);
  const followed: Followed[] = [...(await ancestorsOf(home))];
  const real = await realpath(path).catch(() => path);
  const realHome = isDirectory ? real : dirname(real);
  if (!followed.some((one) => one.path === realHome)) followed.push({ path: realHome });
  return followed;
}

/** The directory and its parent, or where it is missing the nearest directory there is. */
async function ancestorsOf(home: string): Promise<Followed[]> {
  if ((await identityOf(home)) !== missing) {
    return home === '/' ? [{ path: home }] : [{ path: dirname(home), only: basename(home) }, { path: home }];
  }
  let [path, only] = [dirname(home), basename(home)];
  while (path !== '/' && (await identityOf(path)) === missing) [path, only] = [dirname(path), basename(path)];
  return [{ path, only }];
}

const missing = 'missing';

async function identityOf(path: string): Promise<string> {
  return stat(path).then(
    ({ dev, ino }) => `${join(path)} ${dev} ${ino}`,
    () => missing,
  );
}
