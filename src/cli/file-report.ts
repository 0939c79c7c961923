import type { Loaded } from '../load/load.ts';
import type { Log } from '../log.ts';
import type { FileStatus } from '../model/status.ts';
import type { Reading } from '../watch/config-file.ts';
import { problemFields } from './log-entries.ts';

/** More problems of one file than this are not logged one by one. */
const mostProblems = 20;

/** What the daemon knows and says of its file. */
export class FileReport {
  readonly #log: Log;
  #status: FileStatus;

  constructor(path: string, log: Log) {
    this.#log = log;
    this.#status = { path, state: 'missing', problems: [] };
  }

  get status(): FileStatus {
    return this.#status;
  }

  read({ loaded, missing }: Reading<Loaded>): void {
    const log = this.#log;
    const { path, digest } = this.#status;
    if (loaded.ok) {
      this.#status = { path, digest: loaded.digest, state: 'in force', problems: [] };
      log.info('file read', { file: path, digest: loaded.digest });
      for (const warning of loaded.warnings.slice(0, mostProblems))
        log.warn('file warning', problemFields(warning));
      return;
    }
    const { problems } = loaded;
    const state = missing ? 'missing' : 'invalid, the last good one stays in force';
    this.#status = { path, ...(digest !== undefined && { digest }), state, problems };
    const meanwhile = digest === undefined ? 'waiting for a good one' : 'the last good one stays in force';
    log.error(missing ? 'file missing' : 'file invalid', {
      file: path,
      problems: problems.length,
      meanwhile,
    });
    if (!missing)
      for (const problem of problems.slice(0, mostProblems))
        log.error('file problem', problemFields(problem));
  }
}
