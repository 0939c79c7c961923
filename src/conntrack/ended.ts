import type { Spoken } from '../model/rules-operations.ts';
import type { Flow } from './flow.ts';
import { type Surroundings, subjectOf } from './subject.ts';
import { type Entries, type Judge, judgeBy } from './verdict.ts';
import { writtenOut } from './written-out.ts';

/** What our chains said, and what they say now. */
export interface ChangeOfRules {
  readonly before: Spoken;
  readonly after: Spoken;
}

/**
 * The connections that lost their permission: those that our rules had let through or
 * translated and no longer do, and those that they refuse now and did not before.
 */
export function endedBy(
  flows: readonly Flow[],
  { before, after }: ChangeOfRules,
  entries: Entries,
  surroundings: Surroundings,
): readonly Flow[] {
  const judge = (spoken: Spoken): Judge => judgeBy(writtenOut(spoken, flows), entries);
  const [then, now] = [judge(before), judge(after)];
  return flows.filter((flow) => isEnded(flow, then, now, surroundings));
}

function isEnded(flow: Flow, then: Judge, now: Judge, surroundings: Surroundings): boolean {
  const subject = subjectOf(flow, surroundings);
  const [past, present] = [then.filter(subject), now.filter(subject)];
  if (past !== 'refuse' && present !== 'accept' && past !== present) return true;
  const isForeign = !subject.isTranslated || subject.path === 'output';
  return !isForeign && then.translates(subject) && !now.translates(subject);
}
