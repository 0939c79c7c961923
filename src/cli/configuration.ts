import { stat } from 'node:fs/promises';
import { codeOf } from '../host/code.ts';
import { requirePrivileges } from '../host/privileges.ts';
import { dropInName } from '../load/drop-in.ts';
import { type Loaded, type LoadedConfig, load, loadDropIn } from '../load/load.ts';
import type { Problem } from '../load/problem.ts';
import { defaultFile, type Options } from './options.ts';

/** What a command takes its configuration from: a file, or flags and variables. */
export interface Configuration {
  /** The file's path, or what is said in its place. */
  readonly name: string;
  /** Undefined where flags and variables say all: these do not change. */
  readonly path?: string;
  /** On top of what was good when it was last loaded, if it was. */
  readonly load: (former?: LoadedConfig) => Promise<Loaded>;
}

/** A file that is named, or is in the usual place, wins; what is ignored for its sake is warned of when it is loaded. */
export async function findConfiguration({ file, isFileNamed, dropIn }: Options): Promise<Configuration> {
  const given = Object.entries(dropIn);
  if (given.length > 0 && !isFileNamed && !(await isThere(file)))
    return { name: dropInName, load: () => Promise.resolve(loadDropIn(dropIn)) };
  // Where the engine listens is no matter of the file.
  const names = given.flatMap(([setting, { by }]) => (setting === 'runtimeApi' ? [] : [by]));
  return {
    name: file,
    path: file,
    load: async (former) => await withHints(await load(file, former), file, names),
  };
}

/** Loads it again and again, each time on top of what was good the last time. */
export function rereading({ load }: Configuration): () => Promise<Loaded> {
  let good: LoadedConfig | undefined;
  return async () => {
    const loaded = await load(good);
    if (loaded.ok) good = loaded;
    return loaded;
  };
}

/** Throws NOT_PRIVILEGED where this process may not do what the configuration may ask for: flags and variables ask for nothing inside containers. */
export async function requirePrivilegesFor({ path }: Configuration): Promise<void> {
  await requirePrivileges(path === undefined ? ['NET_ADMIN'] : ['NET_ADMIN', 'SYS_ADMIN']);
}

async function withHints(loaded: Loaded, file: string, ignored: readonly string[]): Promise<Loaded> {
  const warnings = ignored.length === 0 ? [] : [ignoredWarning(file, ignored)];
  if (loaded.ok) return { ...loaded, warnings: [...warnings, ...loaded.warnings] };
  const isMissing = file === defaultFile && !(await isThere(file));
  const problems = loaded.problems.map((problem) =>
    isMissing ? { ...problem, hint: withoutFile } : problem,
  );
  return { ...loaded, problems: [...warnings, ...problems] };
}

/** Who has no file yet may not need one. */
const withoutFile =
  'write it, name another by -f or NETWORKS_CONFIG_PATH, or set WATCH_NETWORK to follow the labels of containers without a file';

function ignoredWarning(file: string, names: readonly string[]): Problem {
  const what = names.length === 1 ? 'is' : 'are';
  const message = `${names.join(', ')} ${what} ignored in favour of this file`;
  const hint = 'netwright validate --print without a file shows what to write into it in their place';
  return { severity: 'warning', code: 'ignored', file, line: 1, column: 1, message, hint };
}

/** What cannot be looked at is there: reading it says why. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    const code = codeOf(error);
    return code !== 'ENOENT' && code !== 'ENOTDIR';
  }
}
