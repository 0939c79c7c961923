import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isNetwrightError, NetwrightError } from '../errors.ts';
import { hostNamespace } from '../model/namespace.ts';
import { codeOf } from './code.ts';
import type { Argv } from './command.ts';
import type { Place } from './place.ts';
import type { Question } from './questions.ts';

/** Where sysctls are, and where they may be written when ours is read-only, as in a container that is not privileged. */
export const sysctlRoots = ['/proc/sys', '/proc/1/root/proc/sys'] as const;

const part = /^[A-Za-z0-9_@:.-]+$/;

/** The path below /proc/sys of a key as sysctl(8) prints it, a dot within a name written `/`; undefined unless it is one under `net`. */
export function sysctlPath(key: string): string | undefined {
  const parts = key.split('.').map((name) => name.replaceAll('/', '.'));
  const safe = parts.every((name) => part.test(name) && name !== '.' && name !== '..');
  return parts[0] === 'net' && parts.length > 1 && safe ? parts.join('/') : undefined;
}

/**
 * The values of these keys in this namespace, white space as single blanks; null: the kernel has no such key there, or does
 * not let it be read.
 */
export async function readSysctls(
  place: Place,
  keys: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string | null>> {
  const values = new Map<string, string | null>(keys.map((key) => [key, null]));
  const paths = pathsOf(keys);
  if (paths.length === 0) return values;
  if (place.id === hostNamespace) {
    await Promise.all(paths.map(async ([key, path]) => values.set(key, await readValue(path))));
    return values;
  }
  const lines = (await place.run(reading(paths), { signal, accept: [0, 1, 2] })).split('\n');
  for (const [key, path] of paths) values.set(key, valueIn(lines, path));
  return values;
}

type Paths = readonly (readonly [key: string, path: string])[];

function pathsOf(keys: readonly string[]): Paths {
  return keys.flatMap((key) => {
    const path = sysctlPath(key);
    return path === undefined ? [] : [[key, join(sysctlRoots[0], path)] as const];
  });
}

/** What /proc/sys/net shows depends on who opens it, so the reader must be a process in the namespace (net/sysctl_net.c). */
function reading(paths: Paths): Argv {
  return ['grep', '-s', '-H', '', ...paths.map(([, path]) => path)];
}

/** The command by which these are read in a container's namespace; undefined where there is nothing to read. */
export function readingSysctls(keys: readonly string[]): Argv | undefined {
  const paths = pathsOf(keys);
  return paths.length === 0 ? undefined : reading(paths);
}

async function readValue(path: string): Promise<string | null> {
  try {
    return blanks(await readFile(path, 'utf8'));
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'EACCES' || code === 'EIO') return null;
    throw error;
  }
}

function valueIn(lines: readonly string[], path: string): string | null {
  const found = lines
    .filter((line) => line.startsWith(`${path}:`))
    .map((line) => line.slice(path.length + 1));
  return found.length === 0 ? null : blanks(found.join(' '));
}

/** The kernel separates numbers by tabs, people write blanks. */
function blanks(value: string): string {
  return value.trim().replace(/\s+/g, ' ');
}

/** Writes one sysctl of this namespace; COMMAND_FAILED says why it was not taken. */
export async function writeSysctl(
  place: Place,
  key: string,
  value: string,
  signal: AbortSignal,
): Promise<void> {
  const below = sysctlPath(key);
  if (below === undefined) throw refused(key, value, 'it is not the name of a sysctl under net');
  for (const root of sysctlRoots) {
    try {
      await writeFileIn(place, join(root, below), `${value}\n`, signal);
      return;
    } catch (error) {
      if (signal.aborted || isNetwrightError(error, 'COMMAND_MISSING')) throw error;
      if (!isReadOnly(error)) throw refused(key, value, reason(error), error);
    }
  }
  throw new NetwrightError('COMMAND_FAILED', `${key} cannot be set: /proc/sys is read-only here`, {
    hint: 'In a container run netwright with --privileged, or with --pid host and --cap-add SYS_PTRACE, or set the sysctl on the host.',
  });
}

/** The program that writes it in a container's namespace, unless /proc/sys is read-only here; undefined where it is none under net. */
export function writingSysctl(key: string, value: string): Question | undefined {
  const below = sysctlPath(key);
  if (below === undefined) return undefined;
  const [program, ...parameters] = writing(join(sysctlRoots[0], below));
  return { argv: [program, 'if=-', ...parameters], input: `${value}\n` };
}

function writing(path: string): Argv {
  return ['dd', `of=${path}`, 'conv=notrunc', 'status=none'];
}

async function writeFileIn(place: Place, path: string, text: string, signal: AbortSignal): Promise<void> {
  if (place.id === hostNamespace) await writeFile(path, text, { flag: 'r+' });
  else await place.run(writing(path), { input: text, signal });
}

/** Also where the way to process 1's files is closed: that is no better than read-only. */
function isReadOnly(error: unknown): boolean {
  if (isNetwrightError(error)) return /Read-only file system|Permission denied/.test(error.message);
  const code = codeOf(error);
  return code === 'EROFS' || code === 'EACCES' || code === 'EPERM';
}

function refused(key: string, value: string, why: string, cause?: unknown): NetwrightError {
  return new NetwrightError('COMMAND_FAILED', `${key} = ${value} was not accepted: ${why}`, { cause });
}

function reason(error: unknown): string {
  const code = codeOf(error);
  const text = error instanceof Error ? error.message : String(error);
  if (code === 'ENOENT' || text.includes('No such file')) return 'the kernel has no such sysctl here';
  if (code === 'EINVAL' || text.includes('Invalid argument')) return 'the kernel does not take this value';
  return text;
}
