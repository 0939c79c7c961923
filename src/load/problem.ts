import type { Origin } from '../model/config.ts';

/** A place in a file, both counted from 1; columns are UTF-16 code units, as editors count them. */
export interface Position {
  readonly line: number;
  readonly column: number;
  /** What is named in place of the file, line 0: a flag or variable that said it. */
  readonly file?: string;
}

/** What kind of mistake a problem is; messages may be reworded, codes may not. */
type ProblemCode =
  | 'unreadable'
  | 'too-large'
  | 'syntax'
  | 'duplicate-key'
  | 'schema'
  | 'unknown-key'
  | 'address'
  | 'host-bits'
  | 'network-name'
  | 'bridge'
  | 'subnet'
  | 'overlap'
  | 'gateway'
  | 'as-gateway'
  | 'ip-range'
  | 'outside-subnet'
  | 'reserved-address'
  | 'claimed-twice'
  | 'unknown-network'
  | 'unknown-name'
  | 'prefix-match'
  | 'different-container'
  | 'family'
  | 'port'
  | 'policy'
  | 'duplicate-dnat'
  | 'routing'
  | 'discovery'
  | 'on-demand'
  | 'ignored';

/** A mistake in the file, ready to print as `file:line:column  message` and the hint below it. */
export interface Problem extends Position {
  readonly severity: 'error' | 'warning';
  readonly code: ProblemCode;
  readonly file: string;
  readonly message: string;
  readonly hint?: string;
}

/** A mistake whose place is still a pointer; `also` is a second place that the message ends with. */
export interface Finding {
  readonly severity: 'error' | 'warning';
  readonly code: ProblemCode;
  readonly origin: Origin;
  /** Point at the key instead of the value. */
  readonly atKey?: boolean;
  readonly message: string;
  readonly hint?: string;
  readonly also?: Origin;
}

export type Report = (finding: Finding) => void;

/** A report that passes on what it is told, and remembers whether an error was among it. */
export function watching(report: Report): { readonly report: Report; readonly sawError: () => boolean } {
  let errors = 0;
  return {
    report: (finding) => {
      if (finding.severity === 'error') errors++;
      report(finding);
    },
    sawError: () => errors > 0,
  };
}

/** The origin of something within what has this origin. */
export function within(origin: Origin, ...steps: readonly (string | number)[]): Origin {
  return {
    file: origin.file,
    pointer: origin.pointer + steps.map((step) => `/${escapeStep(String(step))}`).join(''),
  };
}

/** A key as a step of a JSON pointer (RFC 6901). */
export function escapeStep(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** The keys and indexes a JSON pointer is made of (RFC 6901). */
export function stepsOf(pointer: string): readonly string[] {
  const steps = pointer.split('/').slice(1);
  if (!pointer.includes('~')) return steps;
  return steps.map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** The text with what would move the cursor or hide something made visible. */
export function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** The text in quotes on one line, shortened. */
export function quote(text: string): string {
  return printable(JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text));
}

/** The words as `a, b or c`. */
export function orList(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`;
}

/** The message of a mistake that two places make together. */
export function withOther(message: string, file: string, { line, column }: Position): string {
  return `${message}; the other is at ${file}:${line}:${column}`;
}
