import type { Fields } from '../log.ts';
import type { NoticeLine, ProblemAt } from '../model/status.ts';
import type { OutcomeLine } from './pass-document.ts';
import { placeText } from './place-text.ts';

/** One line of the log; what is `lasting` would otherwise be said by every pass. */
export interface Entry {
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: Fields;
  readonly lasting: boolean;
}

/** What two entries that say the same have in common. */
export function keyOf({ message, fields }: Entry): string {
  return JSON.stringify([message, fields]);
}

/** What became of the changes of a pass. */
export function entriesOf(lines: readonly OutcomeLine[]): Entry[] {
  return lines.map(({ sign, area, place, text, position, result, because, error }) => {
    const what = {
      change: `${sign} ${text}`,
      area: place ?? area,
      at: position && placeText(position),
      because,
    };
    if (result === 'done') return { level: 'info', message: 'changed', fields: what, lasting: false };
    const message = result === 'failed' ? 'change failed' : 'change skipped';
    return { level: 'error', message, fields: { ...what, error }, lasting: true };
  });
}

/** What cannot be done, or is waited for. */
export function noticeEntry({ kind, subject, message, hint, position }: NoticeLine): Entry {
  const level = kind === 'waiting' ? 'info' : 'warn';
  return {
    level,
    message: kind,
    fields: { subject, why: message, hint, at: position && placeText(position) },
    lasting: true,
  };
}

/** A mistake or a warning of the file, and where it is. */
export function problemFields({ message, hint, ...position }: ProblemAt): Fields {
  return { at: placeText(position), problem: message, hint };
}
