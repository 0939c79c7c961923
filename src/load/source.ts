import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Problem } from './problem.ts';

/** One file as read. */
export interface Source {
  readonly file: string;
  readonly bytes: Uint8Array;
}

/** What is at a path: files in name order, the problems of those that cannot be read, and the MD5 of it all. */
export interface Sources {
  readonly sources: readonly Source[];
  readonly problems: readonly Problem[];
  readonly digest: string;
}

/** No configuration is larger; a file that is, is refused unread. */
const maxBytes = 16 * 1024 * 1024;

const isConfigFile = (name: string): boolean => /^[^.].*\.(json|yaml|yml)$/.test(name);

/** Reads the file, or the *.json, *.yaml and *.yml of the directory (hidden files left out); never throws. */
export async function readSources(path: string): Promise<Sources> {
  const listed = await listFiles(path);
  const read = await Promise.all(listed.files.map(readSource));
  const sources = read.filter((result) => 'bytes' in result);
  const problems = [...listed.problems, ...read.filter((result) => 'message' in result)];
  const hash = createHash('md5');
  for (const { file, bytes } of sources) {
    if (listed.isDirectory) hash.update(`${file}\0${bytes.length}\0`);
    hash.update(bytes);
  }
  for (const { message } of problems) hash.update(message);
  return { sources, problems, digest: hash.digest('hex') };
}

async function listFiles(
  path: string,
): Promise<{ files: string[]; isDirectory: boolean; problems: Problem[] }> {
  try {
    if (!(await stat(path)).isDirectory()) return { files: [path], isDirectory: false, problems: [] };
    const names = (await readdir(path)).filter(isConfigFile).sort();
    const none = unreadable(path, 'the directory has no *.json, *.yaml or *.yml file');
    return {
      files: names.map((name) => join(path, name)),
      isDirectory: true,
      problems: names.length === 0 ? [none] : [],
    };
  } catch (error) {
    return { files: [], isDirectory: false, problems: [unreadable(path, explain(error))] };
  }
}

async function readSource(file: string): Promise<Source | Problem> {
  try {
    const facts = await stat(file);
    if (!facts.isFile())
      return unreadable(file, facts.isDirectory() ? 'this is a directory' : 'this is no regular file');
    if (facts.size > maxBytes) return tooLarge(file);
    const bytes = await readFile(file);
    return bytes.length > maxBytes ? tooLarge(file) : { file, bytes };
  } catch (error) {
    return unreadable(file, explain(error));
  }
}

function explain(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'there is no such file';
  if (code === 'EACCES' || code === 'EPERM') return 'no permission to read this file';
  if (code === 'ELOOP') return 'a symbolic link that leads back to itself';
  return `cannot be read (${code === '' ? String(error) : code})`;
}

function unreadable(file: string, message: string): Problem {
  return { severity: 'error', code: 'unreadable', file, line: 1, column: 1, message };
}

function tooLarge(file: string): Problem {
  return {
    severity: 'error',
    code: 'too-large',
    file,
    line: 1,
    column: 1,
    message: 'a file of more than 16 MiB',
  };
}
