import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** What the file system says of a configuration file, or a directory of them, at one moment. */
export interface Status {
  /** Changes with every write, rename and symlink swap that a file system reports; cheap to get. */
  readonly signature: string;
  /** Changes when another file takes the place of one, not when one is written to. */
  readonly identity: string;
  /** Of the newest file, in milliseconds since the epoch; 0 where there is none. */
  readonly modified: number;
  /** The file has no name any more: a single-file bind mount of a file that was replaced outside. */
  readonly replacedOutside: boolean;
}

export interface Fingerprint extends Status {
  /** MD5 of the content, hexadecimal, as loading says it of what it read; undefined: there is nothing to read. */
  readonly digest: string | undefined;
}

/** A larger one is refused by loading anyway, and is not worth a hash. */
const largestHashed = 64 * 1024 * 1024;

/** The fingerprint of the file or directory; `previous` is returned as it is when no file's status has changed since. */
export async function fingerprint(path: string, previous?: Fingerprint): Promise<Fingerprint> {
  const found = await statuses(path);
  const status = statusOfAll(found);
  if (previous?.signature === status.signature) return previous;
  const hash = createHash('md5');
  for (const { inDirectory, real, stats } of found) {
    const content = await contentOf(real, stats);
    if (inDirectory !== undefined) hash.update(`${inDirectory}\0${content.length}\0`);
    hash.update(content);
  }
  return { ...status, digest: found.length === 0 ? undefined : hash.digest('hex') };
}

/** The same without reading anything. */
export async function status(path: string): Promise<Status> {
  return statusOfAll(await statuses(path));
}

function statusOfAll(found: readonly Found[]): Status {
  return {
    signature: found.map(signatureOf).join('\n'),
    identity: found.map(identityOf).join('\n'),
    modified: found.reduce((newest, { stats }) => Math.max(newest, Number(stats.mtimeMs)), 0),
    replacedOutside: found.some(({ stats }) => stats.isFile() && stats.nlink === 0n),
  };
}

interface Found {
  /** The path of one of a directory's files. */
  readonly inDirectory?: string;
  readonly real: string;
  readonly stats: BigIntStats;
}

function signatureOf({ real, stats }: Found): string {
  return [real, stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs, stats.nlink].join(' ');
}

function identityOf({ real, stats }: Found): string {
  return [real, stats.dev, stats.ino].join(' ');
}

async function statuses(path: string): Promise<Found[]> {
  const found = await statusOf(path);
  if (found?.stats.isDirectory() !== true) return found === undefined ? [] : [found];
  const names = await readdir(path).catch(() => []);
  const files = names.filter(isConfigName).sort();
  const all = await Promise.all(files.map((name) => statusOf(join(path, name), join(path, name))));
  return all.filter((one) => one !== undefined);
}

/** A path that leads nowhere has no status: whatever the reason, loading names it. */
async function statusOf(path: string, inDirectory?: string): Promise<Found | undefined> {
  try {
    const real = await realpath(path);
    return {
      ...(inDirectory !== undefined && { inDirectory }),
      real,
      stats: await stat(real, { bigint: true }),
    };
  } catch {
    return undefined;
  }
}

async function contentOf(path: string, stats: BigIntStats): Promise<Buffer | string> {
  if (!stats.isFile() || stats.size > largestHashed) return `${stats.size} ${stats.mtimeNs}`;
  return readFile(path).catch(() => 'unreadable');
}

/** Whether a file of this name is part of a configuration directory. */
export function isConfigName(name: string): boolean {
  return /\.(json|yaml|yml)$/.test(name);
}
