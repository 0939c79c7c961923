import type { Change } from '../model/change.ts';
import type { Origin } from '../model/config.ts';
import type { Notice } from '../model/notice.ts';
import type { Operation } from '../model/plan.ts';
import type { ChangeLine, NoticeLine, Position, ProblemAt } from '../model/status.ts';

/** Finds the line and column of a place in the file; undefined where the file no longer has it. */
export type Locate = (origin: Origin) => Position | undefined;

/** Nothing of a file that is not there can be found. */
export const nowhere: Locate = () => undefined;

/** Every line that the operations of a plan say, once, in order. */
export function changeLines(operations: readonly Operation[], locate: Locate): readonly ChangeLine[] {
  return [...distinctChanges(operations.flatMap(linesOf)).values()].map((change) =>
    changeLine(change, locate),
  );
}

/** The line with its place in the file looked up. */
export function changeLine({ sign, area, place, text, detail, origin }: Change, locate: Locate): ChangeLine {
  // Field by field: the rest of an object, ten thousand times, takes longer than all else about its line.
  const said = place === undefined ? { sign, area, text } : { sign, area, place, text };
  const position = origin === undefined ? undefined : locate(origin);
  if (detail === undefined) return position === undefined ? said : { ...said, position };
  return { ...said, detail, ...(position !== undefined && { position }) };
}

/** The notice with its place in the file looked up. */
export function noticeLine({ origin, ...notice }: Notice, locate: Locate): NoticeLine {
  return { ...notice, ...positionOf(origin, locate) };
}

/** A warning of the loader among those of the planner. */
export function warningLine({ message, hint, file, line, column }: ProblemAt): NoticeLine {
  return {
    kind: 'warning',
    subject: '',
    message,
    ...(hint !== undefined && { hint }),
    position: { file, line, column },
  };
}

/** Ready to be spread into what is printed: nothing where there is no such place. */
export function positionOf(origin: Origin | undefined, locate: Locate): { readonly position?: Position } {
  const position = origin === undefined ? undefined : locate(origin);
  return position === undefined ? {} : { position };
}

/** What an operation changes; one that says nothing is still seen. */
export function linesOf(operation: Operation): readonly Change[] {
  if (operation.changes.length > 0) return operation.changes;
  const network = 'network' in operation ? ` ${operation.network}` : '';
  const text = `${operation.kind.replaceAll('-', ' ')}${network}  ${operation.because}`;
  return 'namespace' in operation
    ? [{ sign: '~', area: 'namespace', place: operation.namespace, text }]
    : [{ sign: '~', area: 'networks', text }];
}

/** The changes once each, by what they say. */
function distinctChanges(changes: readonly Change[]): ReadonlyMap<string, Change> {
  const distinct = new Map<string, Change>();
  for (const change of changes) {
    const key = lineKey(change);
    if (!distinct.has(key)) distinct.set(key, change);
  }
  return distinct;
}

/** The same text for what is the same line to a reader. */
export function lineKey({ area, place, sign, text }: Change): string {
  return `${area} ${sign} ${place?.length ?? '-'} ${place ?? ''} ${text}`;
}
