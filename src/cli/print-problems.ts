import type { ProblemAt } from '../model/status.ts';
import { escapeControls } from './escape.ts';
import type { Paint } from './paint.ts';
import { placeText } from './place-text.ts';

/** `file:line:column  message` and its hint below, every line ended; what is only a warning says so. */
export function printProblems(problems: readonly ProblemAt[], paint: Paint): string {
  return problems.map((problem) => printProblem(problem, paint)).join('');
}

function printProblem({ severity, message, hint, ...position }: ProblemAt, paint: Paint): string {
  const place = paint('bold', escapeControls(placeText(position)));
  const kind = severity === 'warning' ? `${paint('yellow', 'warning:')} ` : '';
  const below = hint === undefined ? '' : `  ${paint('dim', `hint: ${escapeControls(hint)}`)}\n`;
  return `${place}  ${kind}${escapeControls(message)}\n${below}`;
}

/** `3 problems, 1 warning`. */
export function countProblems(problems: readonly ProblemAt[]): string {
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const warnings = problems.length - errors;
  return [
    ...(errors > 0 ? [errors === 1 ? '1 problem' : `${errors} problems`] : []),
    ...(warnings > 0 ? [warnings === 1 ? '1 warning' : `${warnings} warnings`] : []),
  ].join(', ');
}
