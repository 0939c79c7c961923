import type { Backend, Family } from '../model/ruleset.ts';
import { type Argv, findCommand, type Run } from './command.ts';

type Verb = 'save' | 'restore';

/** The programs by which the two rule stores of the kernel are read and written. */
export interface IptablesTools {
  /** The program's name, or undefined where this machine has none for that store. */
  readonly program: (verb: Verb, backend: Backend, family: Family) => string | undefined;
  /** The store that a plain `iptables` uses here. */
  readonly defaultBackend: Backend;
}

/** Finds the tools: by their names with the store in it, else the plain names by what `--version` says of them. */
export async function findIptablesTools(
  run: Run,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<IptablesTools> {
  const [nft, legacy, plain] = await Promise.all([
    findCommand('iptables-nft-save', env),
    findCommand('iptables-legacy-save', env),
    findCommand('iptables', env),
  ]);
  const plainBackend = plain === undefined ? undefined : await backendOfProgram(plain, run, signal);
  const suffixed: Readonly<Record<Backend, boolean>> = {
    nft: nft !== undefined,
    legacy: legacy !== undefined,
  };
  return {
    program: (verb, backend, family) => {
      const tool = family === 4 ? 'iptables' : 'ip6tables';
      if (suffixed[backend]) return `${tool}-${backend}-${verb}`;
      return plainBackend === backend ? `${tool}-${verb}` : undefined;
    },
    defaultBackend: plainBackend ?? (suffixed.legacy && !suffixed.nft ? 'legacy' : 'nft'),
  };
}

/** Debian's name of the file behind the links tells it without a process being started. */
async function backendOfProgram(file: string, run: Run, signal: AbortSignal): Promise<Backend> {
  if (file.endsWith('/xtables-nft-multi')) return 'nft';
  if (file.endsWith('/xtables-legacy-multi')) return 'legacy';
  return backendOf(await run(['iptables', '--version'], { signal }));
}

/** Which store `iptables --version` speaks of; before 1.8 there was only one and it said nothing. */
export function backendOf(version: string): Backend {
  return version.includes('(nf_tables)') ? 'nft' : 'legacy';
}

/** The command that saves one family's tables. */
export function saveCommand(tools: IptablesTools, backend: Backend, family: Family): Argv | undefined {
  const program = tools.program('save', backend, family);
  return program === undefined ? undefined : [program];
}

/**
 * The command that applies a table's text: leaves the rest alone, and waits for who holds the lock (H4). A file may follow: behind
 * `--wait` its name would be taken for the seconds, and nothing be read.
 */
export function restoreCommand(tools: IptablesTools, backend: Backend, family: Family): Argv {
  const program = tools.program('restore', backend, family);
  return [program ?? `${family === 4 ? 'iptables' : 'ip6tables'}-${backend}-restore`, '--wait', '--noflush'];
}
