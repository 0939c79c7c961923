import type { ProblemAt } from '../model/status.ts';
import { escapeControls } from './escape.ts';
import type { Paint } from './paint.ts';

/** `file:line:column  message` and its hint below, every line ended. */
export function printProblems(problems: readonly ProblemAt[], paint: Paint): string {
  return problems.map((problem) => printProblem(problem, '', paint)).join('');
}

/** As problems, and said to be warnings. */
export function printWarnings(warnings: readonly ProblemAt[], paint: Paint): string {
  return warnings.map((warning) => printProblem(warning, `${paint('yellow', 'warning:')} `, paint)).join('');
}

function printProblem({ file, line, column, message, hint }: ProblemAt, kind: string, paint: Paint): string {
  const place = paint('bold', escapeControls(`${file}:${line}:${column}`));
  const below = hint === undefined ? '' : `  ${paint('dim', `hint: ${escapeControls(hint)}`)}\n`;
  return `${place}  ${kind}${escapeControls(message)}\n${below}`;
}
