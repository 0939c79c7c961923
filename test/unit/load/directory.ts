import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Loaded, load } from '../../../src/load/load.ts';
import type { Problem } from '../../../src/load/problem.ts';

/** A new directory with these files in it, gone when the test is. */
export async function directoryOf(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const directory = await makeDirectory(files);
  onTestFinished(() => rm(directory, { recursive: true }));
  return directory;
}

async function makeDirectory(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'netwright-load-'));
  for (const [name, content] of Object.entries(files)) await writeFile(join(directory, name), content);
  return directory;
}

/** What loading one file of this name and content gives. */
export async function loadText(name: string, content: string | Uint8Array): Promise<Loaded> {
  const directory = await makeDirectory({ [name]: content });
  try {
    return await load(join(directory, name));
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** The problems as they are printed, without the directory. */
export function linesOf(loaded: Loaded): readonly string[] {
  return (loaded.ok ? loaded.warnings : loaded.problems).flatMap(lineOf);
}

function lineOf({ file, line, column, severity, message, hint }: Problem): readonly string[] {
  const text = `${file}:${line}:${column}  ${severity === 'warning' ? 'warning: ' : ''}${message}`;
  return [text, ...(hint === undefined ? [] : [`  ${hint}`])].map((each) =>
    each.replace(/\/\S*netwright-load-\w+\//g, ''),
  );
}
