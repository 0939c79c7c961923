import { isNetwrightError, NetwrightError } from '../errors.ts';
import { runScript } from '../host/script.ts';
import { dropInVariables } from '../load/drop-in.ts';
import type { Loaded } from '../load/load.ts';
import { errorFields, type Log } from '../log.ts';
import type { Config } from '../model/config.ts';
import type { Context } from './command.ts';

export interface ScriptsOptions {
  readonly context: Pick<Context, 'options' | 'env' | 'version'>;
  /** The file's, where there is one. */
  readonly path: string | undefined;
  readonly log: Log;
  readonly timeoutMs: number;
}

/** So many of the last lines of a failed script are said with its failure. */
const lastLines = 20;

/** The scripts around a watch: each is run once. */
export class Scripts {
  readonly #options: ScriptsOptions;
  #config: Config | undefined;
  #begunWith: { readonly startup: string | undefined } | undefined;

  constructor(options: ScriptsOptions) {
    this.#options = options;
  }

  /** What the file says now: of a startup script that is another one by now only this is said. */
  read(loaded: Loaded): void {
    if (!loaded.ok) return;
    const before = this.#config;
    this.#config = loaded.config;
    const path = loaded.config.startupScript?.path;
    if (this.#begunWith === undefined || before?.startupScript?.path === path) return;
    if (this.#begunWith.startup !== path)
      this.#options.log.warn('the startup script is another one now, and not run', {
        script: path ?? 'none',
        hint: 'it is run when watch begins: start it anew, or run it by hand',
      });
  }

  /** Runs the startup script; rejects when it fails, and when the signal fires. */
  async begin(signal: AbortSignal): Promise<void> {
    const startup = this.#config?.startupScript?.path;
    if (startup !== undefined) await this.#run('startup', startup, signal);
    this.#begunWith = { startup };
  }

  /** Runs the shutdown script, where the start came to its end; false when it failed, which has been said then. */
  async end(): Promise<boolean> {
    const path = this.#config?.shutdownScript?.path;
    if (this.#begunWith === undefined || path === undefined) return true;
    try {
      await this.#run('shutdown', path, new AbortController().signal);
      return true;
    } catch (error) {
      this.#options.log.error('the shutdown script failed', errorFields(error));
      return false;
    }
  }

  async #run(event: 'startup' | 'shutdown', path: string, signal: AbortSignal): Promise<void> {
    const { log, timeoutMs } = this.#options;
    const said: string[] = [];
    const began = performance.now();
    log.info(`${event} script begins`, { script: path });
    try {
      await runScript(path, {
        env: this.#environment(event),
        signal,
        timeoutMs,
        onLine: (line) => {
          log.info(`${event} script says`, { line });
          said.push(line);
          if (said.length > lastLines) said.shift();
        },
      });
    } catch (error) {
      if (!isNetwrightError(error)) throw error;
      const { code, message, hint } = error;
      const text = [`the ${event} script ${message}`, ...said].join('\n');
      throw new NetwrightError(code, text, hint === undefined ? {} : { hint });
    }
    log.info(`${event} script ended`, { script: path, milliseconds: Math.round(performance.now() - began) });
  }

  /** netwright's own, what flags said in the place of variables, and what is not to be known otherwise. */
  #environment(event: 'startup' | 'shutdown'): NodeJS.ProcessEnv {
    const { context, path } = this.#options;
    const { options, env, version } = context;
    const given = Object.entries(dropInVariables).flatMap(([setting, variable]) => {
      const value = options.dropIn[setting as keyof typeof dropInVariables]?.value;
      return value === undefined ? [] : [[variable, value] as const];
    });
    return {
      ...env,
      ...Object.fromEntries(given),
      ...(path !== undefined && { NETWORKS_CONFIG_PATH: path }),
      NETWRIGHT_INSTANCE: options.ownership.instance,
      NETWRIGHT_VERSION: version,
      NETWRIGHT_EVENT: event,
    };
  }
}
