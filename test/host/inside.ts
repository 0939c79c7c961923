import { type ChildProcessWithoutNullStreams, spawn as spawnChild } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { HostProcess } from './host-process.ts';

/** A network namespace of a throwaway host: the host's own, a container's, or an outside peer's. */
export interface Place {
  readonly name: string;
  /** The namespace's file, as the host's processes see it; asked anew each time, since a restarted container has a new one. */
  netns(): Promise<string>;
}

export interface ExecOptions {
  readonly input?: string;
  /** Added to the test's own environment and DOCKER_HOST. */
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds (default 30 000) after which the command is killed and the promise rejects. */
  readonly timeout?: number;
  /** Another network namespace than the host's own; mounts and processes stay the host's. */
  readonly in?: Place;
}

export interface ExecResult {
  readonly stdout: string;
  readonly stderr: string;
  /** 127 for a command that does not exist, 128 + n for one ended by signal n. */
  readonly exitCode: number;
}

/** Runs commands in the namespaces of the throwaway host whose first process is `pid`. */
export class Inside {
  readonly #pid: number;
  readonly #env: Readonly<Record<string, string>>;

  constructor(pid: number, env: Readonly<Record<string, string>>) {
    this.#pid = pid;
    this.#env = env;
  }

  /** Resolves with what the command did, whatever its exit code; rejects only when it hangs or nsenter itself is missing. */
  async exec(argv: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
    const child = await this.start(argv, options);
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
    const timeout = options.timeout ?? 30_000;
    return await new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        child.kill('SIGKILL');
        reject(
          new Error(
            `${argv.join(' ')} did not end within ${timeout} ms\n${Buffer.concat(stderr).toString()}`,
          ),
        );
      }, timeout);
      child.on('error', reject);
      child.on('close', (code, signal) => {
        clearTimeout(timer);
        const exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
        resolve({
          stdout: Buffer.concat(stdout).toString(),
          stderr: Buffer.concat(stderr).toString(),
          exitCode,
        });
      });
    });
  }

  /** Starts a command that lives on; it dies with the host at the latest. */
  async spawn(argv: readonly string[], options: Pick<ExecOptions, 'env' | 'in'> = {}): Promise<HostProcess> {
    const child = await this.start(argv, options);
    return new HostProcess(argv.join(' '), child, () => childOf(child.pid));
  }

  /** The bare process: an nsenter that ends as the command ends, and whose death by SIGKILL is the command's. */
  async start(
    argv: readonly string[],
    options: Pick<ExecOptions, 'env' | 'in'> = {},
  ): Promise<ChildProcessWithoutNullStreams> {
    return spawnChild('nsenter', await this.#argv(argv, options), { stdio: 'pipe' });
  }

  async #argv(argv: readonly string[], options: ExecOptions): Promise<readonly string[]> {
    const env = Object.entries({ ...this.#env, ...options.env }).map(([name, value]) => `${name}=${value}`);
    const place = options.in === undefined ? [] : ['nsenter', `--net=${await options.in.netns()}`, '--'];
    // nsenter forks for the process namespace; with the parent-death signal a kill of nsenter is a kill of the command.
    const enter = [
      '--target',
      String(this.#pid),
      '--net',
      '--mount',
      '--pid',
      '--',
      'setpriv',
      '--pdeathsig',
      'KILL',
    ];
    return [...enter, ...place, 'env', '--chdir', process.cwd(), ...env, ...argv];
  }
}

/** The one child of a process, by the machine's pids: the command behind an nsenter. */
function childOf(parent: number | undefined): number | undefined {
  return readdirSync('/proc')
    .map(Number)
    .find((pid) => pid > 0 && parentOf(pid) === parent);
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined;
  }
}
