import { NetwrightError } from '../errors.ts';
import { isInstanceName, type Ownership, ownership } from '../model/ownership.ts';

/** What the command line said, before the environment is asked. */
export interface Flags {
  readonly file?: string;
  readonly json?: boolean;
}

/** All that a command may be told, settled once and first. */
export interface Options {
  /** A file, or a directory of them. */
  readonly file: string;
  readonly json: boolean;
  readonly ownership: Ownership;
}

const defaultFile = '/etc/user/config/networks.json';

/** The flags, else the environment, else the defaults; an empty variable is none. USAGE when the instance's name is no name. */
export function resolveOptions(flags: Flags, env: NodeJS.ProcessEnv): Options {
  const instance = env['NETWRIGHT_INSTANCE'] ?? '';
  if (instance !== '' && !isInstanceName(instance)) {
    throw new NetwrightError('USAGE', `NETWRIGHT_INSTANCE is ${instance}, which is no name for an instance`, {
      hint: 'use 1 to 6 lower-case letters and digits',
    });
  }
  return {
    file: flags.file ?? (env['NETWORKS_CONFIG_PATH'] || defaultFile),
    json: flags.json ?? false,
    ownership: instance === '' ? ownership() : ownership(instance),
  };
}

/** Whether a stream gets colour: NO_COLOR forbids it, FORCE_COLOR (but for 0) wants it, else a terminal does. */
export function wantsColour(env: NodeJS.ProcessEnv, stream: { readonly isTTY?: boolean }): boolean {
  const { NO_COLOR: no = '', FORCE_COLOR: force } = env;
  if (no !== '') return false;
  if (force !== undefined) return force !== '0' && force !== 'false';
  return stream.isTTY === true && env['TERM'] !== 'dumb';
}
