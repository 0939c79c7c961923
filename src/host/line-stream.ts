import type { Readable } from 'node:stream';
import { NetwrightError } from '../errors.ts';
import { startChild } from './child.ts';
import { type Argv, entering, searchPath, usefulLines } from './command.ts';

export interface LineStreamOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** An open network namespace for the program to run in, by its file descriptor here. */
  readonly namespace?: number;
}

/** Between being asked to end and being ended. */
const graceMs = 500;

/**
 * What a program that never ends prints, line by line as it prints it. The iteration ends when the signal fires, and the
 * program with it; COMMAND_MISSING or COMMAND_FAILED when it ends by itself, whatever its exit code.
 */
export async function* spawnLines(
  argv: Argv,
  { env, signal, namespace }: LineStreamOptions,
): AsyncGenerator<string, void, undefined> {
  const isOver = (): boolean => signal.aborted;
  if (isOver()) return;
  const [program] = argv;
  const child = startChild(namespace === undefined ? argv : entering(namespace, argv), {
    env: { PATH: searchPath(env), LC_ALL: 'C' },
    stdin: 'ignore',
  });
  const stop = (): void => child.stop(graceMs);
  signal.addEventListener('abort', stop, { once: true });
  try {
    if (child.stdout !== undefined) yield* linesOf(child.stdout);
  } catch (error) {
    // Its output was taken away from it when it would not end.
    if (!isOver()) throw error;
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
  }
  const { refused, exitCode, stderr } = await child.ended;
  if (isOver()) return;
  if (refused === 'ENOENT') {
    throw new NetwrightError('COMMAND_MISSING', `the program ${program} is not installed`);
  }
  const said = usefulLines(stderr);
  const how = refused ?? `exit code ${exitCode ?? 'none'}`;
  throw new NetwrightError('COMMAND_FAILED', `${program} ended: ${said === '' ? how : said}`);
}

async function* linesOf(output: Readable): AsyncGenerator<string, void, undefined> {
  let begun = '';
  for await (const text of output.setEncoding('utf8') as AsyncIterable<string>) {
    const lines = (begun + text).split('\n');
    begun = lines.pop() ?? '';
    yield* lines;
  }
  if (begun !== '') yield begun;
}
