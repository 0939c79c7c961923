import { spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { Argv } from './command.ts';

/** How a program ended. */
export interface Ending {
  /** Absent when a signal ended it, and when it never began. */
  readonly exitCode?: number;
  /** Why it never began: `ENOENT` where there is no such program. */
  readonly refused?: string;
  /** The beginning of what it complained of. */
  readonly stderr: string;
}

/** A program that was started. */
export interface Child {
  /** Both are absent when the program never began. */
  readonly stdin?: Writable;
  readonly stdout?: Readable;
  /** Settles when the program is no more and all it printed has been read; never rejects. */
  readonly ended: Promise<Ending>;
  /** Asks it to end, and ends it when it goes on for longer than `graceMs`. */
  readonly stop: (graceMs: number) => void;
}

const mostComplaints = 64 * 1024;

/**
 * Starts a program by its argv, in `/` and with this environment alone. Node's own spawn, as it takes a process 1 ms of this one's time to
 * start and read; execa takes 3 ms, and 120 ms to load, which a pass over fifty containers cannot afford.
 */
export function startChild(
  [program, ...parameters]: Argv,
  { env, stdin }: { readonly env: NodeJS.ProcessEnv; readonly stdin: 'ignore' | 'pipe' },
): Child {
  const child = (() => {
    try {
      return spawn(program, parameters, { cwd: '/', env, stdio: [stdin, 'pipe', 'pipe'] });
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  })();
  if (child instanceof Error) {
    return { ended: Promise.resolve({ refused: child.message, stderr: '' }), stop: () => undefined };
  }
  let stderr = '';
  let killing: NodeJS.Timeout | undefined;
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    if (stderr.length < mostComplaints) stderr += text;
  });
  // Who does not read its input to the end says so by its exit code.
  child.stdin?.on('error', () => undefined);
  const ended = new Promise<Ending>((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (child.pid === undefined) resolve({ refused: error.code ?? error.message, stderr });
    });
    child.once('close', (exitCode) => {
      clearTimeout(killing);
      resolve({ ...(exitCode !== null && { exitCode }), stderr });
    });
  });
  const stop = (graceMs: number): void => {
    if (killing !== undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill();
    killing = setTimeout(() => {
      child.kill('SIGKILL');
      // Whoever inherited its output may hold it open.
      child.stdout?.destroy();
      child.stderr?.destroy();
    }, graceMs);
  };
  return {
    ...(child.stdin !== null && { stdin: child.stdin }),
    ...(child.stdout !== null && { stdout: child.stdout }),
    ended,
    stop,
  };
}
