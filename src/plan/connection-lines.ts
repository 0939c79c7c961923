import type { Change } from '../model/change.ts';
import type { Operation } from '../model/plan.ts';
import type { CutConnections } from '../model/rules-operations.ts';
import { type Target, titleText } from '../model/ruleset.ts';
import type { Loss } from './taken-away.ts';

/**
 * The lines by which people are told of these losses: those that the operations on rules and sets say already, with what it costs where
 * rules of ours were in force before. A refusal that only comes earlier now has no line and gets one.
 */
export function linesOfLosses(
  losses: readonly Loss[],
  operations: readonly Operation[],
  place: string,
  wereInForce: boolean,
): readonly Change[] {
  const said = linesByKey(operations, new Set(losses.map(({ rule }) => titleText(rule.comment ?? ''))));
  const lines = new Map<string, Change>();
  for (const { rule, how } of losses) {
    if (rule.comment === undefined) continue;
    const line = { area: 'namespace', place, text: titleText(rule.comment) } as const;
    const { detail, signs } = costOf(rule.target, how);
    const known = signs
      .map((sign) => said.get(lineKey({ ...line, sign })))
      .find((each) => each !== undefined);
    const told = wereInForce && detail !== undefined ? { detail } : {};
    if (known === undefined && !('detail' in told)) continue;
    const change: Change = { ...line, sign: '~', ...known, ...told };
    lines.set(lineKey(change), { ...lines.get(lineKey(change)), ...change });
  }
  return lines.size > 0
    ? [...lines.values()]
    : [{ sign: '~', area: 'namespace', place, text: 'open connections' }];
}

/** Lines of these texts: a file may have thousands of others. */
function linesByKey(
  operations: readonly Operation[],
  texts: ReadonlySet<string>,
): ReadonlyMap<string, Change> {
  const lines = operations.flatMap(({ changes }) => changes.filter(({ text }) => texts.has(text)));
  return new Map(lines.map((change) => [lineKey(change), change]));
}

interface Cost {
  readonly detail?: string;
  /** Where the line is found, the likelier first. */
  readonly signs: readonly Change['sign'][];
}

function costOf({ kind }: Target, how: Loss['how']): Cost {
  if (how === 'gone' && (kind === 'accept' || kind === 'dnat'))
    return { detail: 'its open connections end', signs: ['-', '~'] };
  if (how === 'fresh' && (kind === 'drop' || kind === 'reject'))
    return { detail: 'ends open connections', signs: ['+', '~'] };
  return { signs: ['+', '~', '-'] };
}

/** The operations with what their lines cost. */
export function withDetails(
  operations: readonly Operation[],
  cuts: readonly CutConnections[],
): readonly Operation[] {
  const costly = cuts.flatMap(({ changes }) => changes.filter(({ detail }) => detail !== undefined));
  const texts = new Set(costly.map(({ text }) => text));
  const costs = new Map(costly.map((change) => [lineKey(change), change.detail]));
  const withDetail = (change: Change): Change => {
    const detail = texts.has(change.text) ? costs.get(lineKey(change)) : undefined;
    return detail === undefined ? change : { ...change, detail };
  };
  if (texts.size === 0) return operations;
  return operations.map((operation) => ({ ...operation, changes: operation.changes.map(withDetail) }));
}

/** The same where nothing can end them. */
export function withoutEnd(cut: CutConnections): CutConnections {
  const goingOn = (change: Change): Change =>
    change.detail === undefined ? change : { ...change, detail: 'open connections go on' };
  return { ...cut, changes: cut.changes.map(goingOn) };
}

function lineKey({ area, place, sign, text }: Change): string {
  return JSON.stringify([area, place, sign, text]);
}
