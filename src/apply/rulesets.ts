import { isNetwrightError, NetwrightError } from '../errors.ts';
import type { Host } from '../host/host.ts';
import { restoreCommand } from '../host/iptables-tools.ts';
import { ruleTransaction } from '../host/own-effects.ts';
import type { Place } from '../host/place.ts';
import type { Question } from '../host/questions.ts';
import { renderRestore } from '../iptables/render.ts';
import { type RestoreTable, takesRulesAway } from '../model/rules-operations.ts';
import type { Chain } from '../model/ruleset.ts';
import { change } from './change.ts';
import { isEmptyTable } from './empty-table.ts';
import { type Commit, refusalOf, refusedPolicies, withoutPolicies } from './refused-rules.ts';

/** Puts one table right in one transaction; a table that we made and nobody else uses goes with our last chain. */
export async function restoreTable(host: Host, operation: RestoreTable, signal: AbortSignal): Promise<void> {
  const { namespace, backend, family, removeTable } = operation;
  const looksIntoSets = usesSets(operation);
  if (looksIntoSets && !host.facts.sets)
    throw new NetwrightError('COMMAND_FAILED', 'the sets it looks into could not be made');
  await change(host, namespace, async (place) => {
    const command = restoreCommand(host.iptables, backend, family);
    const commit: Commit = async (transaction) => {
      const input = renderRestore(transaction, host.ownership);
      await host.own.during(ruleTransaction(place.id, command[0]), () =>
        place.run(command, { input, signal }),
      );
    };
    const isOurTable = removeTable && backend === 'nft';
    const mark = host.ownership.chain('CREATED');
    // The mark goes with the table, or last: who is interrupted in between must find it again.
    const removeChains = operation.removeChains.filter((name) => !isOurTable || name !== mark);
    try {
      await commit({ ...operation, removeChains }).catch(async (error: unknown) => {
        if (operation.chains.every(({ over }) => over === undefined)) throw error;
        // Somebody has changed them since they were looked at.
        await commit({ ...operation, removeChains, chains: operation.chains.map(emptiedFirst) });
      });
    } catch (error) {
      if (!isNetwrightError(error, 'COMMAND_FAILED')) throw error;
      if (looksIntoSets) await giveUpSetsUnless(host, operation, commit);
      await commitTheRest(operation, host.ownership.chain('TRIAL'), commit, error);
    }
    if (!isOurTable || (await removeEmptyTable(host, place, operation, signal))) return;
    await commit({ ...operation, chains: [], unhook: [], hook: [], removeChains: [mark] });
  });
}

/**
 * The program that puts the table right, and its effect; undefined where one may not be enough, and where rules go: that is done in
 * the plan's order, once what went with them is as it was, forwarding above all.
 */
export function restoringTable(
  { iptables, ownership }: Pick<Host, 'iptables' | 'ownership'>,
  operation: RestoreTable,
): { readonly program: Question; readonly effect: string } | undefined {
  if (takesRulesAway(operation) || usesSets(operation)) return undefined;
  const command = restoreCommand(iptables, operation.backend, operation.family);
  return {
    program: { argv: [...command, '-'], input: renderRestore(operation, ownership) },
    effect: ruleTransaction(operation.namespace, command[0]),
  };
}

function emptiedFirst({ name, rules }: Chain): Chain {
  return { name, rules };
}

function usesSets({ chains }: RestoreTable): boolean {
  return chains.some(({ rules }) => rules.some(({ match }) => match.set !== undefined));
}

/** A kernel that has sets need not have rules that look into them; what it says when it refuses one alone tells. */
async function giveUpSetsUnless(host: Host, operation: RestoreTable, commit: Commit): Promise<void> {
  const [rule] = operation.chains.flatMap(({ rules }) =>
    rules.filter(({ match }) => match.set !== undefined),
  );
  const set = rule?.match.set;
  if (set === undefined) return;
  const why = await refusalOf(
    { match: { set }, target: { kind: 'return' } },
    operation,
    host.ownership.chain('TRIAL'),
    commit,
  );
  // Taken away meanwhile by somebody else, it will be made again.
  if (why === undefined || /doesn't exist/.test(why)) return;
  host.giveUpSets(why);
  throw new NetwrightError('COMMAND_FAILED', `the kernel takes no rules that look into sets: ${why}`);
}

/** Rejects in any case, since not all of the operation is done; with POLICY_REFUSED where what the kernel takes is in force. */
async function commitTheRest(
  operation: RestoreTable,
  trialChain: string,
  commit: Commit,
  failure: NetwrightError,
): Promise<never> {
  const refused = await refusedPolicies(operation, trialChain, commit);
  const [first] = refused;
  if (first === undefined) throw failure;
  const names = [...refused.keys()].join('; ');
  const rest = withoutPolicies(operation, refused);
  if (rest === undefined) {
    const message = `the kernel refuses ${names}, which is to stop packets, so none of these rules was changed: ${first[1]}`;
    throw new NetwrightError('COMMAND_FAILED', message, { cause: failure });
  }
  await commit(rest);
  const message = `the kernel refuses ${names}, all else is in force: ${first[1]}`;
  throw new NetwrightError('POLICY_REFUSED', message, { cause: failure });
}

/** Looks once more right before, as others may have begun to use the table since it was observed; false when it stays. */
async function removeEmptyTable(
  host: Host,
  place: Place,
  { family: version, table }: Pick<RestoreTable, 'family' | 'table'>,
  signal: AbortSignal,
): Promise<boolean> {
  const family = version === 4 ? 'ip' : 'ip6';
  try {
    const found = await place
      .run(['nft', '-j', 'list', 'table', family, table], { signal })
      .catch(unreadable);
    if (!isEmptyTable(found, host.ownership.chain('CREATED'))) return false;
    await host.own.during(ruleTransaction(place.id, 'nft'), () =>
      place.run(['nft', 'delete', 'table', family, table], { signal }),
    );
    return true;
  } catch (error) {
    // An empty table does no harm, and without the nft tool there is no way to take it away.
    if (!isNetwrightError(error, 'COMMAND_MISSING')) throw error;
    return false;
  }
}

/** The table is gone already, or nft was built without JSON: either way what is there stays as it is. */
function unreadable(error: unknown): string {
  if (isNetwrightError(error, 'COMMAND_FAILED')) return '';
  throw error;
}
