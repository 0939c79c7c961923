import type { Readable, Writable } from 'node:stream';
import { type Argv, searchPath } from './command.ts';

/** A program that lives beside this one and is spoken to; what it complains of is not heard. */
export interface Companion {
  readonly pid: number | undefined;
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** Fulfilled when it is no more, or never was. */
  readonly ended: Promise<void>;
  readonly stop: () => void;
}

const graceMs = 200;

/** Starts a program to speak to; it ends with this one at the latest. */
export async function startCompanion(argv: Argv, env: NodeJS.ProcessEnv): Promise<Companion> {
  const { execa } = await import('execa');
  const [program, ...parameters] = argv;
  const child = execa(program, parameters, {
    cwd: '/',
    env: { PATH: searchPath(env), LC_ALL: 'C' },
    extendEnv: false,
    reject: false,
    buffer: false,
    stdin: 'pipe',
    stderr: 'ignore',
    forceKillAfterDelay: graceMs,
  });
  // Who has ended reads no more, which `ended` tells.
  child.stdin.on('error', () => undefined);
  return {
    pid: child.pid,
    stdin: child.stdin,
    stdout: child.stdout,
    ended: child.then(() => undefined),
    stop: () => child.kill(),
  };
}
