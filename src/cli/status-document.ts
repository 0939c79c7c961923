import type { Origin } from '../model/config.ts';
import { hostNamespace, type NamespaceState } from '../model/namespace.ts';
import type { Outcome } from '../model/plan.ts';
import type { ContestedLine, FileStatus, PassStatus, ProblemAt, Status } from '../model/status.ts';
import { type Counted, countersOf } from '../plan/counters.ts';
import { inForce } from '../plan/in-force.ts';
import type { Look } from '../reconcile.ts';
import { gatewayStatusOf } from './gateway-status.ts';
import { changeLines, type Locate, lineKey, noticeLine, positionOf, warningLine } from './lines.ts';
import { failedLines } from './pass-document.ts';

/** All that a status is made of. */
export interface StatusFacts {
  readonly version: string;
  readonly instance: string;
  readonly daemon?: Status['daemon'];
  readonly file: FileStatus;
  /** The last look at the host; absent when there was none yet. */
  readonly look?: Pick<Look, 'desired' | 'plan'>;
  /** The host's rules and sets of this moment. */
  readonly counting?: Pick<NamespaceState, 'tables' | 'sets'> | undefined;
  readonly locate: Locate;
  /** What the loader warned of. */
  readonly warnings?: readonly ProblemAt[];
  /** Of the last pass. */
  readonly outcomes?: readonly Outcome[];
  readonly lastPass?: PassStatus;
  readonly contested?: readonly ContestedLine[];
}

/** The status as it is printed and served: what was tried and failed is not said again as pending. */
export function statusOf(facts: StatusFacts): Status {
  const { version, instance, daemon, file, look, locate, warnings = [], outcomes = [], lastPass } = facts;
  const counters = facts.counting === undefined ? new Map<string, Counted>() : countersOf(facts.counting);
  const operations = look?.plan.operations ?? [];
  const notices = (look?.plan.notices ?? []).map((notice) => noticeLine(notice, locate));
  const still = changeLines(operations, locate);
  const open = new Set(still.map(lineKey));
  const failed = failedLines(outcomes, locate).filter((line) => open.has(lineKey(line)));
  const tried = new Set(failed.map(lineKey));
  const gateways = look === undefined ? [] : gatewayStatusOf(look, counters);
  return {
    version,
    instance,
    ...(daemon !== undefined && { daemon }),
    file,
    ...(lastPass !== undefined && { lastPass }),
    inForce:
      look === undefined
        ? []
        : inForce(look.desired, look.plan).map(({ origin, ...line }) => ({
            ...line,
            ...(isCounted(origin) && line.place === hostNamespace && counters.get(line.text)),
            ...positionOf(origin, locate),
          })),
    pending: still.filter((line) => !tried.has(lineKey(line))),
    waiting: notices.filter(({ kind }) => kind === 'waiting'),
    refused: notices.filter(({ kind }) => kind === 'refused'),
    warnings: [...notices.filter(({ kind }) => kind === 'warning'), ...warnings.map(warningLine)],
    failed,
    contested: facts.contested ?? [],
    ...(gateways.length > 0 && { gateways }),
  };
}

/** A policy, or what a label or a container on demand asks for as one would. */
function isCounted(origin: Origin | undefined): boolean {
  const pointer = origin?.pointer ?? '';
  return ['/policies/', '/discovery/', '/on_demand/'].some((section) => pointer.startsWith(section));
}
