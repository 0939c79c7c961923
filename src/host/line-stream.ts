import { NetwrightError } from '../errors.ts';
import { type Argv, entering, searchPath, usefulLines } from './command.ts';

export interface LineStreamOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** An open network namespace for the program to run in, by its file descriptor here. */
  readonly namespace?: number;
}

const mostComplaints = 4096;

/**
 * What a program that never ends prints, line by line as it prints it. The iteration ends when the signal fires, and the
 * program with it; COMMAND_MISSING or COMMAND_FAILED when it ends by itself, whatever its exit code.
 */
export async function* spawnLines(
  argv: Argv,
  { env, signal, namespace }: LineStreamOptions,
): AsyncGenerator<string, void, undefined> {
  if (signal.aborted) return;
  const { execa } = await import('execa');
  const [program, ...parameters] = namespace === undefined ? argv : entering(namespace, argv);
  const child = execa(program, parameters, {
    cwd: '/',
    env: { PATH: searchPath(env), LC_ALL: 'C' },
    extendEnv: false,
    reject: false,
    cancelSignal: signal,
    forceKillAfterDelay: 500,
    buffer: { stdout: false },
    maxBuffer: { stderr: mostComplaints },
    stdin: 'ignore',
  });
  try {
    yield* child.iterable();
  } finally {
    child.kill();
  }
  const ended = await child;
  if (ended.isCanceled) return;
  if (ended.code === 'ENOENT') {
    throw new NetwrightError('COMMAND_MISSING', `the program ${program} is not installed`);
  }
  const said = usefulLines(ended.stderr);
  throw new NetwrightError(
    'COMMAND_FAILED',
    `${program} ended: ${said === '' ? `exit code ${ended.exitCode ?? 'none'}` : said}`,
  );
}
