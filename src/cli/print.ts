import type { ChangeLine, InForceLine, NoticeLine } from '../model/status.ts';
import { layOut, type Row, type Section } from './layout.ts';
import type { Paint, Style } from './paint.ts';
import type { OutcomeLine, PassDocument } from './pass-document.ts';
import type { PlanDocument, Summary } from './plan-document.ts';

const styleOfSign = { '+': 'green', '~': 'yellow', '-': 'red' } as const satisfies Record<
  ChangeLine['sign'],
  Style
>;
const markOfResult = { done: '✓', failed: '✗', skipped: '–' } as const;
const styleOfResult = { done: 'green', failed: 'red', skipped: 'yellow' } as const;

/** The plan as a person reads it, every line ended. */
export function printPlan(document: PlanDocument, paint: Paint): string {
  const { changes, notices, summary } = document;
  const sections = [...sectionsOf(changes, planRow), ...noticeSections(notices)];
  const lines = layOut(sections, paint);
  if (changes.length === 0) return text([paint('bold', 'No changes.'), ...lines]);
  const { add, change, remove } = summary;
  return text([
    ...lines,
    `${add} to add, ${change} to change, ${remove} to remove${rest(noticeCounts(summary))}.`,
  ]);
}

/** What a pass did, what it could not do and why, every line ended. */
export function printPass(document: PassDocument, paint: Paint, nothingToDo = 'No changes.'): string {
  const { changes, notices, summary, remaining } = document;
  const left =
    document.interrupted === undefined ? [] : [{ title: 'not done', rows: remaining.map(leftRow) }];
  const sections = [...sectionsOf(changes, outcomeRow), ...left, ...noticeSections(notices)];
  const lines = layOut(sections, paint);
  if (changes.length === 0 && remaining.length === 0) return text([paint('bold', nothingToDo), ...lines]);
  const { add, change, remove, failed, skipped } = summary;
  const counts = [
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
    ...(left.length > 0 && remaining.length > 0 ? [`${remaining.length} not done`] : []),
    ...noticeCounts(summary),
  ];
  return text([...lines, `${add} added, ${change} changed, ${remove} removed${rest(counts)}.`]);
}

/** Lines grouped as networks, containers, the host, then each container's namespace by name. */
export function sectionsOf<Line extends Omit<InForceLine, 'text'>>(
  lines: readonly Line[],
  rowOf: (line: Line) => Row,
): readonly Section[] {
  const groups = new Map<string, { readonly title: string; readonly rows: Row[] }>();
  for (const line of lines) {
    const { order, title } = placeOf(line);
    const group = groups.get(order) ?? { title, rows: [] };
    group.rows.push(rowOf(line));
    groups.set(order, group);
  }
  return [...groups]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([, { title, rows }]) => ({ title, rows: rows.map(withoutRepetition) }));
}

/** Rows that follow each other for the same reason say it once, below the last of them. */
function withoutRepetition(row: Row, index: number, rows: readonly Row[]): Row {
  const next = rows[index + 1];
  const same =
    next?.notes !== undefined && next.style === row.style && sameTexts(next.notes, row.notes ?? []);
  return same ? { ...row, notes: [] } : row;
}

function sameTexts(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((text, index) => text === other[index]);
}

function placeOf({ area, place = 'host' }: Omit<InForceLine, 'text'>): { order: string; title: string } {
  if (area === 'networks') return { order: '0', title: area };
  if (area === 'containers') return { order: '1', title: area };
  return { order: place === 'host' ? '2' : `3${place}`, title: place };
}

/** What waits, what is refused and what deserves a look. */
export function noticeSections(notices: readonly NoticeLine[]): readonly Section[] {
  const of = (kind: NoticeLine['kind']): readonly Row[] =>
    notices.filter((notice) => notice.kind === kind).map(noticeRow);
  return [
    { title: 'waiting', rows: of('waiting') },
    { title: 'refused', rows: of('refused') },
    { title: 'warnings', rows: of('warning') },
  ];
}

function noticeRow({ subject, message, hint, position }: NoticeLine): Row {
  return {
    mark: '',
    ...(subject === '' ? { text: message } : { text: subject, detail: message }),
    position,
    notes: hint === undefined ? [] : [`hint: ${hint}`],
  };
}

/** A line of a plan with its sign. */
export function planRow({ sign, position, ...line }: ChangeLine): Row {
  return { mark: sign, style: styleOfSign[sign], ...columns(fullText(line)), position };
}

function outcomeRow({ sign, position, result, because, error, ...line }: OutcomeLine): Row {
  const why = result === 'done' ? because : (error ?? because);
  return {
    mark: `${markOfResult[result]} ${sign}`,
    style: styleOfResult[result],
    ...columns(fullText(line)),
    position,
    notes: [why],
  };
}

/** A line that was not reached names where it belongs, since its section is shared. */
function leftRow(line: ChangeLine): Row {
  const where = line.area === 'namespace' ? `${line.place ?? 'host'}: ` : '';
  const row = planRow(line);
  return { ...row, text: where + row.text };
}

function fullText({ text, detail }: Pick<ChangeLine, 'text' | 'detail'>): string {
  return detail === undefined ? text : `${text} (${detail})`;
}

/** A planner's text has two columns where two spaces part it. */
export function columns(line: string): { readonly text: string; readonly detail?: string } {
  const at = line.indexOf('  ');
  return at === -1 ? { text: line } : { text: line.slice(0, at), detail: line.slice(at).trimStart() };
}

/** `1 waiting`, `2 refused`, `1 warning`: those that are not none. */
export function noticeCounts({
  waiting,
  refused,
  warnings,
}: Pick<Summary, 'waiting' | 'refused' | 'warnings'>): readonly string[] {
  return [
    ...(waiting > 0 ? [`${waiting} waiting`] : []),
    ...(refused > 0 ? [`${refused} refused`] : []),
    ...(warnings > 0 ? [warnings === 1 ? '1 warning' : `${warnings} warnings`] : []),
  ];
}

function rest(counts: readonly string[]): string {
  return counts.length === 0 ? '' : `; ${counts.join(', ')}`;
}

function text(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}
