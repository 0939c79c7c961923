import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { NetwrightError } from '../errors.ts';
import { codeOf } from './code.ts';
import { searchPath } from './command.ts';
import { CutLines } from './cut-lines.ts';

export interface ScriptOptions {
  /** What the script finds in its environment; folders of system tools are added to its path. */
  readonly env: NodeJS.ProcessEnv;
  /** Ends the script, which then rejects with the signal's reason. */
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  /** Told each line of both its streams, long ones cut, and no more of them than anybody reads. */
  readonly onLine: (line: string) => void;
}

/** Between SIGTERM and SIGKILL. */
const graceMs = 2000;
/** What a script has printed comes through its pipes before it is said to have ended; what it left running may hold them for ever. */
const lastWordsMs = 500;

/**
 * Runs an executable file to its end, without a shell, in a process group of its own. COMMAND_FAILED when it may not be run or fails,
 * COMMAND_TIMEOUT when it takes too long: then, or when the signal fires, its whole group is ended. What it leaves running lives on.
 */
export async function runScript(path: string, options: ScriptOptions): Promise<void> {
  const { env, signal, timeoutMs, onLine } = options;
  await refuseUnfit(path);
  signal.throwIfAborted();
  const { execa } = await import('execa');
  const child = execa(path, [], {
    env: { ...env, PATH: searchPath(env) },
    extendEnv: false,
    detached: true,
    reject: false,
    buffer: false,
    stdin: 'ignore',
  });
  const { pid } = child;
  if (pid === undefined) throw new NetwrightError('COMMAND_FAILED', whyNotStarted(path, (await child).code));
  const closed = hear([child.stdout, child.stderr], onLine);
  const exited = once(child, 'exit') as Promise<[code: number | null, signal: string | null]>;
  const killed = (): void => void end(pid, 'SIGKILL');
  process.once('exit', killed);
  const timedOut = AbortSignal.timeout(timeoutMs);
  const stopped = AbortSignal.any([signal, timedOut]);
  const stop = (): void => void end(pid, 'SIGTERM');
  stopped.addEventListener('abort', stop, { once: true });
  try {
    const [code, by] = await Promise.race([exited, killedLate(stopped, pid, exited)]);
    await Promise.race([closed, sleep(lastWordsMs)]);
    if (stopped.aborted) await endGroup(pid);
    signal.throwIfAborted();
    if (timedOut.aborted)
      throw new NetwrightError('COMMAND_TIMEOUT', `${path} did not end within ${timeoutMs / 1000} s`);
    if (code !== 0)
      throw new NetwrightError(
        'COMMAND_FAILED',
        `${path} ended ${code === null ? `by ${by ?? 'a signal'}` : `with exit code ${code}`}`,
      );
  } finally {
    stopped.removeEventListener('abort', stop);
    process.off('exit', killed);
  }
}

/** Everybody who may write a script that root runs is root. */
async function refuseUnfit(path: string): Promise<void> {
  const refuse = (why: string, hint?: string): never => {
    throw new NetwrightError('COMMAND_FAILED', `${path} ${why}`, hint === undefined ? {} : { hint });
  };
  try {
    const facts = await stat(path);
    if (!facts.isFile()) refuse('is no regular file');
    if ((facts.mode & 0o111) === 0) refuse('is not executable', `chmod +x ${path}`);
    if ((facts.mode & 0o002) !== 0)
      refuse('may be written by everybody, and is not run', `chmod o-w ${path}`);
  } catch (error) {
    const code = codeOf(error);
    if (error instanceof NetwrightError) throw error;
    refuse(
      code === 'ENOENT' || code === 'ENOTDIR' ? 'is not there' : `cannot be read (${code ?? String(error)})`,
    );
  }
}

function whyNotStarted(path: string, code: string | undefined): string {
  if (code === 'ENOENT') return `${path} was not started: the interpreter in its first line is not there`;
  return `${path} was not started: ${code ?? 'for an unknown reason'}`;
}

/** Resolves when all of the streams have ended; until then each line is told. They keep no process alive. */
async function hear(
  streams: readonly (NodeJS.ReadableStream & { unref?: () => void })[],
  onLine: (line: string) => void,
): Promise<void> {
  const lines = new CutLines(onLine);
  await Promise.all(
    streams.map(async (stream) => {
      const told = lines.open();
      stream.on('data', (chunk: Buffer) => told.write(chunk));
      stream.unref?.();
      await once(stream, 'close').catch(() => undefined);
      told.end();
    }),
  );
}

/** Ends who does not end at SIGTERM, and resolves as it exits. */
async function killedLate<T>(stopped: AbortSignal, pid: number, exited: Promise<T>): Promise<T> {
  if (!stopped.aborted) await once(stopped, 'abort');
  const timer = setTimeout(() => end(pid, 'SIGKILL'), graceMs);
  return await exited.finally(() => clearTimeout(timer));
}

/** What is left of the group, its leader gone, has a moment to end. */
async function endGroup(pid: number): Promise<void> {
  const deadline = performance.now() + graceMs;
  while (isThere(pid) && performance.now() < deadline) await sleep(20);
  end(pid, 'SIGKILL');
}

function isThere(group: number): boolean {
  return end(group, 0);
}

/** Whether there was anybody in the group to take the signal. */
function end(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-group, signal);
  } catch {
    return false;
  }
}
