import type { NetwrightError } from '../errors.ts';
import { escapeControls } from './escape.ts';
import { type Terminal, writeJson } from './terminal.ts';

/** Says on standard error what went wrong and what to do; with `--json` the document on standard output says it too. */
export function reportFailure(error: NetwrightError, json: boolean, terminal: Terminal): void {
  const { code, message, hint } = error;
  if (json) writeJson(terminal, { error: { code, message, ...(hint !== undefined && { hint }) } });
  printFailure(error, terminal);
}

/** `netwright: message` and `hint: …`, on standard error. */
export function printFailure(
  { message, hint }: Pick<NetwrightError, 'message' | 'hint'>,
  { err }: Terminal,
): void {
  err.write(`${err.paint('red', 'netwright:')} ${lines(message)}\n`);
  if (hint !== undefined) err.write(`${err.paint('dim', 'hint:')} ${lines(hint)}\n`);
}

/** A failure nobody expected, with where it happened: what it quotes may be anybody's. */
export function printBug(error: unknown, { err }: Terminal): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  err.write(`${err.paint('red', 'netwright:')} a mistake of the program: ${lines(text)}\n`);
}

function lines(text: string): string {
  return text.trimEnd().split(/\r?\n/).map(escapeControls).join('\n  ');
}
