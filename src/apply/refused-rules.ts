import { isNetwrightError } from '../errors.ts';
import { groupBy } from '../model/group-by.ts';
import { ruleKey } from '../model/rule-key.ts';
import type { RestoreTable } from '../model/rules-operations.ts';
import type { Rule } from '../model/ruleset.ts';

/** Commits one transaction; rejects with COMMAND_FAILED when the kernel or its tool refuses it. */
export type Commit = (operation: RestoreTable) => Promise<void>;

type Policy = readonly [name: string, rules: readonly Rule[]];

/**
 * Finds the policies in a refused transaction that the kernel does not take, and why, by putting the rules in halves into a chain
 * that no packet reaches: the one bad rule, of a match this kernel has no module for, say, must not cost all the others (H30).
 */
export async function refusedPolicies(
  operation: RestoreTable,
  trialChain: string,
  commit: Commit,
): Promise<ReadonlyMap<string, string>> {
  const rules = operation.chains.flatMap((chain) => chain.rules.map(aside));
  const refused = new Map<string, string>();
  const trial = trialOf(operation);
  const attempt = async (policies: readonly Policy[]): Promise<void> => {
    const tried = { name: trialChain, rules: policies.flatMap(([, list]) => list) };
    try {
      await commit({ ...trial, chains: [tried] });
    } catch (error) {
      if (!isNetwrightError(error, 'COMMAND_FAILED')) throw error;
      const [only] = policies;
      if (policies.length === 1 && only !== undefined) refused.set(only[0], error.message);
      if (policies.length <= 1) return;
      const middle = Math.ceil(policies.length / 2);
      await attempt(policies.slice(0, middle));
      await attempt(policies.slice(middle));
    }
  };
  await attempt([...groupBy(rules, nameOf)]);
  await commit({ ...trial, removeChains: [trialChain] });
  return refused;
}

/** Our own chains may not be there yet: it is what a jump matches that can be refused. */
function aside(rule: Rule): Rule {
  return rule.target.kind === 'jump' ? { ...rule, target: { kind: 'return' } } : rule;
}

function trialOf(operation: RestoreTable): RestoreTable {
  return { ...operation, hook: [], unhook: [], chains: [], removeChains: [], removeTable: false };
}

/** Why the kernel does not take this one rule; undefined where it does. */
export async function refusalOf(
  rule: Rule,
  operation: RestoreTable,
  trialChain: string,
  commit: Commit,
): Promise<string | undefined> {
  const trial = trialOf(operation);
  try {
    await commit({ ...trial, chains: [{ name: trialChain, rules: [rule] }] });
    await commit({ ...trial, removeChains: [trialChain] });
    return undefined;
  } catch (error) {
    if (!isNetwrightError(error, 'COMMAND_FAILED')) throw error;
    return error.message;
  }
}

/** The transaction without these policies; undefined where leaving one out would let pass what it was to stop. */
export function withoutPolicies(
  operation: RestoreTable,
  names: ReadonlyMap<string, unknown>,
): RestoreTable | undefined {
  const isLeftOut = (rule: Rule): boolean => names.has(nameOf(rule));
  const rules = operation.chains.flatMap((chain) => chain.rules);
  const stops = rules.some((rule) => isLeftOut(rule) && ['drop', 'reject'].includes(rule.target.kind));
  if (stops) return undefined;
  return {
    ...operation,
    chains: operation.chains.map(({ name, rules: all }) => ({
      name,
      rules: all.filter((rule) => !isLeftOut(rule)),
    })),
  };
}

function nameOf(rule: Rule): string {
  return rule.comment ?? ruleKey(rule);
}
