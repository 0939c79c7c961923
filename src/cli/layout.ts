import type { Position } from '../model/status.ts';
import { escapeControls } from './escape.ts';
import type { Paint, Style } from './paint.ts';
import { shortPlaceText } from './place-text.ts';

/** One line of a section, and what is said below it. */
export interface Row {
  /** What stands before the text: `+`, `✓ +`, or nothing. */
  readonly mark: string;
  readonly style?: Style;
  readonly text: string;
  /** The second column. */
  readonly detail?: string;
  readonly position?: Position | undefined;
  /** Lines below, indented. */
  readonly notes?: readonly string[];
}

export interface Section {
  readonly title: string;
  readonly rows: readonly Row[];
}

/** Between two columns. */
const gap = 3;
/** A first column longer than this pushes only its own line. */
const widestHead = 40;
/** Where places in the file begin, unless lines are longer. */
const usualWidth = 65;
/** A line longer than this pushes only its own place. */
const widestLine = 100;

interface Line {
  readonly row: Row;
  /** The mark with the space around it; as wide in every line of a section. */
  readonly prefix: string;
  readonly indent: string;
  readonly body: string;
  readonly width: number;
}

/** The sections that have rows, their columns aligned and the places in the file at the right of all of them. */
export function layOut(sections: readonly Section[], paint: Paint): string[] {
  const filled = sections
    .filter(({ rows }) => rows.length > 0)
    .map((section) => ({ title: section.title, lines: align(section.rows) }));
  let right = usualWidth;
  for (const { lines } of filled)
    for (const line of lines)
      if (line.row.position !== undefined && line.width <= widestLine) right = Math.max(right, line.width);
  const texts: string[] = [];
  for (const { title, lines } of filled) {
    texts.push(paint('bold', escapeControls(title)));
    for (const line of lines) print(line, right, paint, texts);
  }
  return texts;
}

function align(rows: readonly Row[]): readonly Line[] {
  const cells = rows.map((row) => ({
    row,
    head: escapeControls(row.text),
    rest: escapeControls(row.detail ?? ''),
  }));
  const heads = cells.filter(({ rest }) => rest !== '').map(({ head }) => width(head));
  const column = heads.reduce((most, each) => (each <= widestHead ? Math.max(most, each) : most), 0);
  const marks = rows.reduce((most, { mark }) => Math.max(most, width(mark)), 1);
  const indent = ' '.repeat(marks + 5);
  return cells.map(({ row, head, rest }) => {
    const body = rest === '' ? head : pad(head, column) + ' '.repeat(gap) + rest;
    const prefix = `  ${pad(row.mark, marks)} `;
    return { row, prefix, indent, body, width: marks + 3 + width(body) };
  });
}

function print(
  { row, prefix, indent, body, width: taken }: Line,
  right: number,
  paint: Paint,
  texts: string[],
): void {
  const { style, position } = row;
  const painted =
    style === undefined ? prefix + body : paint(style, prefix.trimEnd()) + trailing(prefix) + body;
  const place = position === undefined ? '' : escapeControls(shortPlaceText(position));
  const space = Math.max(2, right + 2 - taken);
  texts.push(place === '' ? painted : painted + ' '.repeat(space) + paint('dim', place));
  for (const note of row.notes ?? [])
    for (const line of note.trimEnd().split(/\r?\n/)) texts.push(indent + paint('dim', escapeControls(line)));
}

function trailing(text: string): string {
  return text.slice(text.trimEnd().length);
}

const beyondBasic = /[\ud800-\udbff][\udc00-\udfff]/;

/** Its characters; thousands of lines need not each be taken apart to be counted. */
function width(text: string): number {
  return beyondBasic.test(text) ? Array.from(text).length : text.length;
}

function pad(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - width(text)));
}
