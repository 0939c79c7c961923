import type { Change } from '../model/change.ts';
import type { Origin } from '../model/config.ts';
import type { Notice } from '../model/notice.ts';
import type { Operation, Plan } from '../model/plan.ts';
import type { ChangeLine, NoticeLine, ProblemAt } from '../model/status.ts';
import { changeLines, type Locate, lineKey, linesOf, noticeLine, warningLine } from './lines.ts';

/** How many lines of a plan there are of each kind. */
export interface Summary {
  readonly add: number;
  readonly change: number;
  readonly remove: number;
  readonly waiting: number;
  readonly refused: number;
  readonly warnings: number;
}

/** One engine call or kernel transaction as the plan has it; `lines` are places in the document's `changes`, from 0. */
type OperationEntry = Readonly<Record<string, unknown>> & {
  readonly kind: Operation['kind'];
  readonly because: string;
  readonly lines: readonly number[];
};

/** What `plan --json` prints. */
export interface PlanDocument {
  readonly changes: readonly ChangeLine[];
  readonly operations: readonly OperationEntry[];
  readonly notices: readonly NoticeLine[];
  readonly summary: Summary;
}

/** The plan with its lines once each and every place in the file looked up. */
export function planDocument(plan: Plan, locate: Locate, warnings: readonly ProblemAt[] = []): PlanDocument {
  const changes = changeLines(plan.operations, locate);
  const places = new Map(changes.map((change, index) => [lineKey(change), index]));
  const notices = [...plan.notices.map((notice) => noticeLine(notice, locate)), ...warnings.map(warningLine)];
  return {
    changes,
    operations: plan.operations.map((operation) => operationEntry(operation, places, locate)),
    notices,
    summary: summaryOf(changes, notices),
  };
}

/** How many of each there are. */
export function summaryOf(changes: readonly ChangeLine[], notices: readonly NoticeLine[]): Summary {
  const signs = (sign: Change['sign']): number => changes.filter((change) => change.sign === sign).length;
  const kinds = (kind: Notice['kind']): number => notices.filter((notice) => notice.kind === kind).length;
  return {
    add: signs('+'),
    change: signs('~'),
    remove: signs('-'),
    waiting: kinds('waiting'),
    refused: kinds('refused'),
    warnings: kinds('warning'),
  };
}

function operationEntry(
  operation: Operation,
  places: ReadonlyMap<string, number>,
  locate: Locate,
): OperationEntry {
  const details = Object.fromEntries(Object.entries(operation).filter(([key]) => key !== 'changes'));
  const lines = linesOf(operation).map((change) => places.get(lineKey(change)) ?? -1);
  return { kind: operation.kind, because: operation.because, lines, ...withPositions(details, locate) };
}

/** The same data with every `origin` in it replaced by a `position`. */
function withPositions(data: object, locate: Locate): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(data).flatMap(([key, value]: [string, unknown]) => {
      if (key !== 'origin') return [[key, deep(value, locate)]];
      const position = isOrigin(value) ? locate(value) : undefined;
      return position === undefined ? [] : [['position', position]];
    }),
  );
}

function deep(value: unknown, locate: Locate): unknown {
  if (Array.isArray(value)) return value.map((each: unknown) => deep(each, locate));
  return typeof value === 'object' && value !== null ? withPositions(value, locate) : value;
}

function isOrigin(value: unknown): value is Origin {
  return typeof value === 'object' && value !== null && 'file' in value && 'pointer' in value;
}
