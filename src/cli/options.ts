import { NetwrightError } from '../errors.ts';
import { type DropIn, type DropInSetting, dropInVariables } from '../load/drop-in.ts';
import type { ProxyFlags } from '../load/proxy.ts';
import { isInstanceName, type Ownership, ownership } from '../model/ownership.ts';

/** What the command line said, before the environment is asked. */
export interface Flags extends Readonly<Partial<Record<DropInSetting, string>>>, Partial<ProxyFlags> {
  readonly file?: string;
  readonly json?: boolean;
  readonly print?: boolean;
  readonly force?: boolean;
  /** The command's one argument. */
  readonly name?: string;
}

/** All that a command may be told, settled once and first. */
export interface Options {
  /** A file, or a directory of them. */
  readonly file: string;
  /** By a flag or the environment, rather than being the usual one. */
  readonly isFileNamed: boolean;
  /** What is said in the place of a file. */
  readonly dropIn: DropIn;
  readonly json: boolean;
  /** Of `validate`: the content is printed. */
  readonly print: boolean;
  readonly ownership: Ownership;
  /** Of `wake` and `sleep`: the entry of `on_demand`. */
  readonly name: string;
  /** Of `sleep`: whoever is connected. */
  readonly force: boolean;
  /** Of `proxy`: what is said in the place of an entry of `on_demand`. */
  readonly proxy: ProxyFlags;
}

export const defaultFile = '/etc/user/config/networks.json';

/** The flags, else the environment, else the defaults; an empty variable is none. USAGE when the instance's name is no name. */
export function resolveOptions(flags: Flags, env: NodeJS.ProcessEnv): Options {
  const instance = env['NETWRIGHT_INSTANCE'] ?? '';
  if (instance !== '' && !isInstanceName(instance)) {
    throw new NetwrightError('USAGE', `NETWRIGHT_INSTANCE is ${instance}, which is no name for an instance`, {
      hint: 'use 1 to 6 lower-case letters and digits',
    });
  }
  const named = flags.file ?? (env['NETWORKS_CONFIG_PATH'] || undefined);
  return {
    file: named ?? defaultFile,
    isFileNamed: named !== undefined,
    dropIn: dropInOf(flags, env),
    json: flags.json ?? false,
    print: flags.print ?? false,
    ownership: instance === '' ? ownership() : ownership(instance),
    name: flags.name ?? '',
    force: flags.force ?? false,
    proxy: proxyOf(flags),
  };
}

/** Commander has seen to it that those that are needed are there where they are. */
function proxyOf({ port = '', host = '', group = '', idle, health = true }: Flags): ProxyFlags {
  return { port, host, group, ...(idle !== undefined && { idle }), health };
}

/** The flags, else the environment; what is empty is not given. */
function dropInOf(flags: Flags, env: NodeJS.ProcessEnv): DropIn {
  const given = Object.entries(dropInVariables).flatMap(([setting, variable]) => {
    const flag = flags[setting as DropInSetting] ?? '';
    const value = flag === '' ? (env[variable] ?? '') : flag;
    return value === '' ? [] : [[setting, { value, by: flag === '' ? variable : flagOf(variable) }]];
  });
  return Object.fromEntries(given) as DropIn;
}

/** `-watch-network` for WATCH_NETWORK, as container-network writes it. */
export function flagOf(variable: string): string {
  return `-${variable.toLowerCase().replaceAll('_', '-')}`;
}

/** Go's flag package takes long flags after one dash, too; the parser here would take them for a row of short ones. */
export function withTwoDashes(argv: readonly string[]): readonly string[] {
  const flags = new Set(Object.values(dropInVariables).map(flagOf));
  const isFlag = (argument: string): boolean => flags.has(argument.split('=', 1)[0] ?? '');
  const end = argv.indexOf('--');
  return argv.map((argument, index) =>
    isFlag(argument) && (end === -1 || index < end) ? `-${argument}` : argument,
  );
}

/** Whether a stream gets colour: NO_COLOR forbids it, FORCE_COLOR (but for 0) wants it, else a terminal does. */
export function wantsColour(env: NodeJS.ProcessEnv, stream: { readonly isTTY?: boolean }): boolean {
  const { NO_COLOR: no = '', FORCE_COLOR: force } = env;
  if (no !== '') return false;
  if (force !== undefined) return force !== '0' && force !== 'false';
  return stream.isTTY === true && env['TERM'] !== 'dumb';
}
