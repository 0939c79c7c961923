import { access, constants, realpath } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { NetwrightError } from '../errors.ts';
import { allowManyWaiters, unlessAborted } from './deadline.ts';
import { Lines } from './lines.ts';

export interface CommandOptions {
  readonly signal: AbortSignal;
  /** What the command reads on its standard input; without it that is empty. */
  readonly input?: string;
  readonly timeoutMs?: number;
  /** An open network namespace for the command to run in, by its file descriptor here. */
  readonly namespace?: number;
  /** Exit codes that are no failure; 0 alone unless told. */
  readonly accept?: readonly number[];
  /** Takes the lines that the command prints, however many; none of them is kept or returned then. */
  readonly onLine?: (line: string) => void;
}

/** A program and its arguments; never a shell's line. */
export type Argv = readonly [program: string, ...parameters: string[]];

/** Runs a program to its end and returns its standard output; COMMAND_MISSING, COMMAND_FAILED or COMMAND_TIMEOUT otherwise. */
export type Run = (argv: Argv, options: CommandOptions) => Promise<string>;

const defaultTimeoutMs = 20_000;
const mostOutput = 64 * 1024 * 1024;
const notFound = 127;

const packageOf: ReadonlyMap<string, string> = new Map([
  ['ip', 'iproute2'],
  ['nft', 'nftables'],
  ['ipset', 'ipset'],
  ['nsenter', 'util-linux'],
  ['dd', 'coreutils'],
  ['grep', 'grep'],
  ['find', 'findutils'],
]);

/** The one place that starts processes: by argv, in the C locale, with the folders of system tools in the path. */
export function openCommands(env: NodeJS.ProcessEnv): Run {
  const loading = import('execa');
  const environment = { PATH: searchPath(env), LC_ALL: 'C' };
  return async (argv, options) => {
    options.signal.throwIfAborted();
    allowManyWaiters(options.signal);
    const { execa } = await loading;
    const [program, ...parameters] =
      options.namespace === undefined ? argv : entering(options.namespace, argv);
    const { onLine } = options;
    const running = execa(program, parameters, {
      cwd: '/',
      env: environment,
      extendEnv: false,
      reject: false,
      cancelSignal: options.signal,
      timeout: options.timeoutMs ?? defaultTimeoutMs,
      forceKillAfterDelay: 1000,
      maxBuffer: mostOutput,
      stripFinalNewline: false,
      buffer: { stdout: onLine === undefined },
      ...(options.input === undefined ? { stdin: 'ignore' } : { input: options.input }),
    });
    const lines = onLine && new Lines(onLine);
    if (lines !== undefined) running.stdout.on('data', (chunk: Buffer) => lines.take(chunk));
    // One that waits for a lock of the kernel's cannot be ended before it has it.
    const result = await unlessAborted(options.signal, running);
    lines?.end();
    const accepted = options.accept ?? [0];
    if (result.exitCode !== undefined && accepted.includes(result.exitCode) && !result.isMaxBuffer) {
      return onLine === undefined ? result.stdout : '';
    }
    throw failure(argv, options.namespace !== undefined, result);
  };
}

/** The command run in a namespace held open here: a pid in the path could be another process by the time it is looked up (H9). */
export function entering(handle: number, argv: Argv): Argv {
  return ['nsenter', `--net=/proc/${process.pid}/fd/${handle}`, '--', ...argv];
}

/** Where programs are looked for: the caller's path, then where Debian keeps what root needs. */
export function searchPath(env: NodeJS.ProcessEnv): string {
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder.startsWith('/'));
  return [...new Set([...folders, '/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/bin', '/bin'])].join(
    delimiter,
  );
}

/** The file that a program of this name is, links followed; undefined when there is none. */
export async function findCommand(name: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const places = searchPath(env).split(delimiter);
  const found = await Promise.all(places.map((folder) => executable(join(folder, name))));
  return found.find((file) => file !== undefined);
}

async function executable(path: string): Promise<string | undefined> {
  try {
    await access(path, constants.X_OK);
    return await realpath(path);
  } catch {
    return undefined;
  }
}

interface Ended {
  readonly exitCode?: number | undefined;
  readonly code?: string | undefined;
  readonly timedOut: boolean;
  readonly isMaxBuffer: boolean;
  readonly stderr: string;
}

function failure(argv: Argv, entered: boolean, ended: Ended): NetwrightError {
  const [program] = argv;
  if (ended.code === 'ENOENT') return missing(entered ? 'nsenter' : program);
  if (entered && ended.exitCode === notFound && ended.stderr.startsWith('nsenter:')) return missing(program);
  if (ended.timedOut) return new NetwrightError('COMMAND_TIMEOUT', `${program} did not end in time`);
  if (ended.isMaxBuffer) return new NetwrightError('COMMAND_FAILED', `${program} printed too much`);
  const said = usefulLines(ended.stderr);
  const how = ended.exitCode === undefined ? 'was ended from outside' : `exit code ${ended.exitCode}`;
  return new NetwrightError('COMMAND_FAILED', `${program}: ${said === '' ? how : said}`);
}

function missing(program: string): NetwrightError {
  const debian = packageOf.get(program) ?? (/^ip6?tables/.test(program) ? 'iptables' : undefined);
  return new NetwrightError('COMMAND_MISSING', `the program ${program} is not installed`, {
    ...(debian === undefined ? {} : { hint: `Install it; Debian's package is ${debian}.` }),
  });
}

const toolName = /^[\w.-]+( v[\d.]+)?( \((nf_tables|legacy)\))?: */;

/** What went wrong, of all that a tool printed: at most two lines, without its own name, version and advice. */
export function usefulLines(stderr: string): string {
  const lines = stderr
    .split('\n')
    .map((line) => line.replace(/[^\x20-\x7e]/g, ' ').trim())
    .filter((line) => line !== '' && !/^(Try `|Error occurred at line|# Warning)/.test(line))
    .map((line) => line.replace(toolName, ''))
    .filter((line) => line !== '');
  return lines.slice(0, 2).join('; ').slice(0, 400);
}
