import { chmod, mkdir, readdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { NetwrightError } from '../errors.ts';
import type { Ownership } from '../model/ownership.ts';
import type { Status } from '../model/status.ts';
import { listenOnce, speakOnce } from './speak-once.ts';

/** Serves until it is closed; the socket's file goes with it. */
export interface StatusServer {
  close(): Promise<void>;
}

/** Where the daemon of an instance serves its status. */
export function statusPath({ instance }: Ownership): string {
  return `/run/netwright/${instance}/status.sock`;
}

/** Where a `proxy` does, which is no daemon of the instance: of each port there is one. */
export function proxyStatusPath(ownership: Ownership, port: string): string {
  return `${dirname(statusPath(ownership))}/proxy-${encodeURIComponent(port)}.sock`;
}

/** What each `proxy` here says, in the order of their ports' names. */
export async function readProxies(ownership: Ownership): Promise<readonly Status[]> {
  const folder = dirname(statusPath(ownership));
  const names = await readdir(folder).catch(() => []);
  const paths = names.filter((name) => /^proxy-.*\.sock$/.test(name)).toSorted();
  const all = await Promise.all(paths.map((name) => readStatus(`${folder}/${name}`)));
  return all.filter((status) => status !== undefined);
}

/** Tells everybody who may enter the socket's folder (its owner alone) the status of that moment; a socket left by a dead daemon is replaced. LOCKED when a living one is there. */
export async function serveStatus(path: string, status: () => Promise<Status>): Promise<StatusServer> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await chmod(dirname(path), 0o700);
  if ((await listenOnce(path, { milliseconds: 1000, limit: 1 })) !== undefined) {
    throw new NetwrightError('LOCKED', `another daemon serves ${path}`, { hint: 'stop it first' });
  }
  await rm(path, { force: true });
  const server = await speakOnce(path, async () => `${JSON.stringify(await status())}\n`);
  return { close: () => new Promise((resolve) => server.close(() => resolve())) };
}

/** What the daemon says; undefined when there is none, or none that answers in time. */
export async function readStatus(path: string): Promise<Status | undefined> {
  const text = await listenOnce(path, { milliseconds: 5000, limit: 64 * 1024 * 1024 });
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isStatus(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Both ends are netwright's and the folder is its own: this tells only a cut or foreign answer from a status. */
function isStatus(value: unknown): value is Status {
  const parts = ['inForce', 'pending', 'waiting', 'refused', 'warnings', 'failed', 'contested'] as const;
  if (typeof value !== 'object' || value === null || !('file' in value)) return false;
  const fields = value as Partial<Record<(typeof parts)[number], unknown>>;
  return parts.every((part) => Array.isArray(fields[part]));
}
