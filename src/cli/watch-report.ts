import { isNetwrightError } from '../errors.ts';
import type { Loaded, LoadedConfig } from '../load/load.ts';
import { errorFields, type Fields, type Log } from '../log.ts';
import type { Outcome } from '../model/plan.ts';
import type { PassStatus, Status } from '../model/status.ts';
import type { Pass } from '../reconcile.ts';
import type { Cause } from '../watch/cause.ts';
import type { Reading } from '../watch/config-file.ts';
import type { Contested } from '../watch/contention.ts';
import { type Culprit, culpritText } from '../watch/culprits.ts';
import { causeTexts } from './cause-texts.ts';
import { FileReport } from './file-report.ts';
import { locateBy } from './good-file.ts';
import { changeLines, noticeLine, nowhere } from './lines.ts';
import { type Entry, entriesOf, keyOf, noticeEntry } from './log-entries.ts';
import { outcomeLines } from './pass-document.ts';
import type { Finding } from './repairs.ts';
import { type StatusFacts, statusOf } from './status-document.ts';

export interface ReportOptions {
  readonly version: string;
  readonly instance: string;
  readonly path: string;
  readonly log: Log;
  /** A pid that the kernel tells of is one of this process's own pid namespace. */
  readonly pidsAreOurs: boolean;
}

/** What is known of a pass whether or not it came to its end. */
export interface PassFacts {
  readonly id: string;
  readonly at: string;
  readonly milliseconds: number;
  readonly causes: readonly Cause[];
  /** These, and what was heard of while it was at work: who changed what it found may be told a moment later. */
  readonly heard: readonly Cause[];
  readonly good: LoadedConfig;
  readonly outcomes: readonly Outcome[];
  /** What it found changed though nobody had asked for it. */
  readonly findings?: readonly Finding[];
}

/** What the daemon knows and says: its status as a document, and in the log whatever is new since it was last said. */
export class WatchReport {
  readonly #options: ReportOptions;
  readonly #since = new Date().toISOString();
  readonly #file: FileReport;
  #last: { readonly facts: PassFacts; readonly pass: Pass } | undefined;
  #lastPass: PassStatus | undefined;
  #said: ReadonlySet<string> = new Set();

  constructor(options: ReportOptions) {
    this.#options = options;
    this.#file = new FileReport(options.path, options.log);
  }

  /** `contested`: what is left alone for a while because somebody keeps undoing it. */
  status(contested: readonly Contested[] = [], counting?: StatusFacts['counting']): Status {
    const { version, instance } = this.#options;
    const last = this.#last;
    return statusOf({
      version,
      instance,
      daemon: { pid: process.pid, since: this.#since },
      file: this.#file.status,
      counting,
      contested: contested.map(({ what, by, nextLook }) => {
        const text = this.#culprits(by);
        const at = new Date(Date.now() + nextLook - performance.now()).toISOString();
        return { what, ...(text !== undefined && { by: text }), nextLook: at };
      }),
      locate: last === undefined ? nowhere : locateBy(last.facts.good.locate),
      ...(last !== undefined && {
        look: last.pass.last,
        warnings: last.facts.good.warnings,
        outcomes: last.facts.outcomes,
      }),
      ...(this.#lastPass !== undefined && { lastPass: this.#lastPass }),
    });
  }

  read(reading: Reading<Loaded>): void {
    this.#file.read(reading);
  }

  engineAway(error: unknown): void {
    const never = {
      id: 'none',
      at: new Date().toISOString(),
      milliseconds: 0,
      rounds: 0,
      converged: false,
      changes: 0,
    };
    this.#lastPass = { ...(this.#lastPass ?? never), error: String(errorFields(error)['error']) };
  }

  passed(facts: PassFacts, pass: Pass): void {
    const { id, at, milliseconds, causes, heard, good, outcomes, findings = [] } = facts;
    const changes = outcomes.filter(({ result }) => result === 'done').length;
    const { rounds, converged } = pass;
    this.#last = { facts, pass };
    this.#lastPass = { id, at, milliseconds, rounds, converged, changes };
    const locate = locateBy(good.locate);
    const lines = outcomeLines(outcomes, locate);
    const notices = pass.last.plan.notices.map((notice) => noticeLine(notice, locate));
    const entries = [
      ...findings.map((finding) => this.#findingEntry(finding, heard)),
      ...entriesOf(lines),
      ...notices.map(noticeEntry),
    ];
    if (!converged && lines.every(({ result }) => result === 'done')) {
      const remaining = changeLines(pass.last.plan.operations, locate).map(
        ({ sign, text }) => `${sign} ${text}`,
      );
      entries.push({ level: 'error', message: 'not converged', fields: { remaining }, lasting: true });
    }
    this.#say(id, causes, entries, { changes, rounds, milliseconds });
  }

  /** A look at a part of the host found nothing new. */
  glanced(causes: readonly Cause[], milliseconds: number): void {
    this.#options.log.debug('glance', {
      because: this.#because(causes),
      milliseconds,
    });
  }

  /** The pass ended early: the engine went away, the daemon is stopping, or there is a bug. */
  brokeOff(
    { id, at, milliseconds, causes, good, outcomes }: PassFacts,
    error: unknown,
    stopping: boolean,
  ): void {
    const changes = outcomes.filter(({ result }) => result === 'done').length;
    const entries = entriesOf(outcomeLines(outcomes, locateBy(good.locate)));
    if (!stopping) {
      const said = errorFields(error);
      this.#lastPass = {
        id,
        at,
        milliseconds,
        rounds: 1,
        converged: false,
        changes,
        error: String(said['error']),
      };
      const level = isNetwrightError(error) ? 'warn' : 'error';
      entries.push({ level, message: 'pass broke off', fields: said, lasting: true });
    }
    this.#say(id, causes, entries, { changes, milliseconds });
  }

  /** Somebody undoes our repairs as fast as we make them. */
  contested({ what, by, wait }: Contested): void {
    this.#options.log.warn('somebody keeps undoing our repairs', {
      what,
      by: this.#culprits(by),
      meanwhile: `left alone for ${Math.round(wait / 1000)} s between two repairs`,
      hint: 'stop or configure the one that does it; changes of the file are still put into force at once',
    });
  }

  contestOver({ what }: Contested): void {
    this.#options.log.info('repairs last again', { what });
  }

  #findingEntry({ area, what, found }: Finding, heard: readonly Cause[]): Entry {
    const by = this.#culprits(heard.flatMap((cause) => (cause.area === area ? (cause.by ?? []) : [])));
    return { level: 'info', message: 'changed from outside', fields: { what, found, by }, lasting: false };
  }

  #culprits(by: readonly Culprit[]): string | undefined {
    return culpritText(by, this.#options.pidsAreOurs);
  }

  #because(causes: readonly Cause[]): readonly string[] {
    return causeTexts(causes, {
      namespace: (id) => this.#last?.pass.last.desired.namespaces.get(id)?.name,
      culprits: (by) => this.#culprits(by),
    });
  }

  /** What lasts is said when it is new; a pass with nothing to say is not mentioned. */
  #say(id: string, causes: readonly Cause[], entries: readonly Entry[], summary: Fields): void {
    const log = this.#options.log.with({ pass: id });
    const because = this.#because(causes);
    const fresh = entries.filter((entry) => !entry.lasting || !this.#said.has(keyOf(entry)));
    this.#said = new Set(entries.filter(({ lasting }) => lasting).map(keyOf));
    log[fresh.length > 0 ? 'info' : 'debug']('pass', { because, ...summary });
    for (const { level, message, fields } of fresh) log[level](message, fields);
  }
}
