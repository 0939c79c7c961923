import type { Config } from '../model/config.ts';
import type { ProblemAt } from '../model/status.ts';
import type { Context } from './command.ts';
import type { Configuration } from './configuration.ts';
import { printFailure } from './failure.ts';
import type { Locate } from './lines.ts';
import { countProblems, printProblems } from './print-problems.ts';
import { writeJson } from './terminal.ts';

/** A file without a mistake. */
export interface GoodFile {
  readonly config: Config;
  readonly warnings: readonly ProblemAt[];
  readonly digest: string;
  readonly locate: Locate;
}

/** The file, or what stands in its place; undefined when it has mistakes, which have been told then. */
export async function readGoodFile(
  { options, terminal }: Context,
  configuration: Configuration,
): Promise<GoodFile | undefined> {
  const loaded = await configuration.load();
  if (loaded.ok) {
    const { config, warnings, digest } = loaded;
    return { config, warnings, digest, locate: locateBy(loaded.locate) };
  }
  const { problems } = loaded;
  terminal.err.write(printProblems(problems, terminal.err.paint));
  const message = `${configuration.name} is not in order (${countProblems(problems)}); nothing was changed`;
  if (options.json) writeJson(terminal, { error: { code: 'FILE_INVALID', message, problems } });
  printFailure({ message, hint: undefined }, terminal);
  return undefined;
}

/** The loader's answer with the file's name in it. */
export function locateBy(
  locate: (origin: Parameters<Locate>[0]) => { line: number; column: number; file?: string } | undefined,
): Locate {
  return (origin) => {
    const position = locate(origin);
    return position === undefined ? undefined : { file: origin.file, ...position };
  };
}
