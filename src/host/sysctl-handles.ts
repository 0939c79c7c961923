import { type FileHandle, open, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { entering } from './command.ts';
import { startCompanion } from './companion.ts';
import type { OpenNamespace } from './netns.ts';
import { sysctlPath, sysctlRoots } from './sysctl.ts';

const longestOpening = 1000;
const glance = 5;
/** No sysctl under net is longer. */
const longestValue = 4096;

/**
 * Sysctls of one namespace, held open: reading them again costs some microseconds and no process. What an open file of
 * /proc/sys/net shows is of the namespace of who opened it, whoever reads it, and it keeps no namespace alive (measured, 6.18).
 */
export class SysctlHandles {
  readonly #handles: ReadonlyMap<string, FileHandle>;
  readonly #buffer = Buffer.alloc(longestValue);

  private constructor(handles: ReadonlyMap<string, FileHandle>) {
    this.#handles = handles;
  }

  /** Those of the host's namespace, which is this process's. */
  static async ofHost(keys: readonly string[]): Promise<SysctlHandles> {
    const handles = new Map<string, FileHandle>();
    for (const [path, key] of pathsOf(keys)) {
      const handle = await open(path).catch(() => undefined);
      if (handle !== undefined) handles.set(key, handle);
    }
    return new SysctlHandles(handles);
  }

  /** Those of a container's: a process in it opens them and lives until this one has them too. Not all of them may be there. */
  static async inside(
    { handle }: Pick<OpenNamespace, 'handle'>,
    keys: readonly string[],
    env: NodeJS.ProcessEnv,
  ): Promise<SysctlHandles> {
    const paths = pathsOf(keys);
    const argv = entering(handle, ['tail', '-q', '-n', '0', '-f', ...paths.keys()]);
    const child = await startCompanion(argv, env);
    child.stdout.resume();
    const handles = new Map<string, FileHandle>();
    const deadline = performance.now() + longestOpening;
    while (child.pid !== undefined && handles.size < paths.size && performance.now() < deadline) {
      await sleep(glance);
      await take(child.pid, paths, handles);
    }
    child.stop();
    return new SysctlHandles(handles);
  }

  /** The values now, as `readSysctls` gives them; undefined for one that is gone, with its interface, say. */
  async read(): Promise<ReadonlyMap<string, string | undefined>> {
    const values = new Map<string, string | undefined>();
    for (const [key, handle] of this.#handles) {
      const read = await handle.read(this.#buffer, 0, longestValue, 0).catch(() => undefined);
      const text = read === undefined ? undefined : this.#buffer.toString('latin1', 0, read.bytesRead);
      values.set(key, text?.trim().replace(/\s+/g, ' '));
    }
    return values;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#handles.values()].map((handle) => handle.close()));
  }
}

function pathsOf(keys: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    keys.flatMap((key) => {
      const path = sysctlPath(key);
      return path === undefined ? [] : [[join(sysctlRoots[0], path), key] as const];
    }),
  );
}

/** Opens what the process has open by now. */
async function take(
  pid: number,
  paths: ReadonlyMap<string, string>,
  handles: Map<string, FileHandle>,
): Promise<void> {
  const folder = `/proc/${pid}/fd`;
  for (const name of await readdir(folder).catch(() => [])) {
    const file = join(folder, name);
    const key = paths.get(await readlink(file).catch(() => ''));
    if (key === undefined || handles.has(key)) continue;
    const handle = await open(file).catch(() => undefined);
    if (handle !== undefined) handles.set(key, handle);
  }
}
