import type { Change } from '../model/change.ts';
import { groupBy } from '../model/group-by.ts';
import { ruleKey } from '../model/rule-key.ts';
import { type Rule, titleText, type UnreadRule } from '../model/ruleset.ts';

/** The difference between two lists of rules as a person reads it: by what their comments say, one line a policy. */
export function ruleChanges(
  before: readonly (Rule | UnreadRule)[],
  after: readonly Rule[],
  place: string,
): readonly Change[] {
  const old = groupBy(before, nameOf);
  const fresh = groupBy(after, nameOf);
  const changes: Change[] = [];
  for (const [name, rules] of fresh) {
    const had = old.get(name);
    if (had !== undefined && sameRules(had, rules)) continue;
    const origin = rules.find((rule) => rule.origin !== undefined)?.origin;
    changes.push({
      sign: had === undefined ? '+' : '~',
      area: 'namespace',
      place,
      text: titleText(name),
      ...(origin !== undefined && { origin }),
    });
  }
  for (const name of old.keys()) {
    if (!fresh.has(name)) changes.push({ sign: '-', area: 'namespace', place, text: titleText(name) });
  }
  return changes;
}

function nameOf(rule: Rule | UnreadRule): string {
  return 'unread' in rule ? `not ours: ${rule.unread}` : (rule.comment ?? `not ours: ${ruleKey(rule)}`);
}

function sameRules(one: readonly (Rule | UnreadRule)[], other: readonly Rule[]): boolean {
  if (one.length !== other.length) return false;
  const keys = one.map(ruleKey).sort();
  return other
    .map(ruleKey)
    .sort()
    .every((key, index) => key === keys[index]);
}
