import type { Interruption } from './interruption.ts';
import type { Options } from './options.ts';
import type { Terminal } from './terminal.ts';

/** What every command is given. */
export interface Context {
  readonly options: Options;
  readonly terminal: Terminal;
  readonly interruption: Interruption;
  readonly env: NodeJS.ProcessEnv;
  /** netwright's own. */
  readonly version: string;
}

/** Does one command and says with which code the process ends; throws NetwrightError for what it expects to go wrong. */
export type Command = (context: Context) => Promise<number>;
