import { type Check, canWork, type DoctorDocument } from './doctor-check.ts';
import { layOut, type Row } from './layout.ts';
import type { Paint } from './paint.ts';

const marks = { ok: '✓', warning: '!', missing: '✗' } as const;
const styles = { ok: 'green', warning: 'yellow', missing: 'red' } as const;
const areas: readonly Check['area'][] = [
  'engine',
  'enforcement',
  'privileges',
  'rules',
  'tools',
  'kernel',
  'instances',
];

/** What the host offers as a person reads it, every line ended. */
export function printDoctor(document: DoctorDocument, paint: Paint): string {
  const sections = areas.map((area) => ({
    title: area,
    rows: document.checks.filter((check) => check.area === area).map(checkRow),
  }));
  const verdict = canWork(document)
    ? paint('green', 'netwright can work here.')
    : paint('red', 'netwright cannot work here yet: see what is marked ✗.');
  return [...layOut(sections, paint), verdict].map((line) => `${line}\n`).join('');
}

function checkRow({ name, state, found, cost, hint }: Check): Row {
  const notes = [
    ...(cost === undefined ? [] : [`costs: ${cost}`]),
    ...(hint === undefined ? [] : [`hint: ${hint}`]),
  ];
  return { mark: marks[state], style: styles[state], text: name, detail: found, notes };
}
