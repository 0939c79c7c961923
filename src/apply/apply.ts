import { isNetwrightError } from '../errors.ts';
import { mapBounded } from '../host/bounded.ts';
import type { Host } from '../host/host.ts';
import type { Operation, Outcome, Plan } from '../model/plan.ts';
import { addAddress, removeAddress } from './addresses.ts';
import { cutConnections } from './connections.ts';
import { connectEndpoint, disconnectEndpoint } from './endpoints.ts';
import { restoreFrames } from './frames.ts';
import { doInside } from './inside.ts';
import { forgetMembers, keepMembers } from './members.ts';
import { createNetwork, removeNetwork } from './networks.ts';
import { addRoute, addRoutingRule, removeRoute, removeRoutingRule } from './routing.ts';
import { restoreTable } from './rulesets.ts';
import { removeSet, updateSet } from './sets.ts';
import { stepsOf } from './steps.ts';
import { setSysctl } from './sysctls.ts';

/** More processes at once only wait for each other on the machines we know. */
const lanesAtOnce = 4;

type Operations = { readonly [O in Operation as O['kind']]: O };
type Kind = keyof Operations;

/** Does one operation; throws what the engine or the kernel said when it is not done. */
type Performer<O extends Operation> = (host: Host, operation: O, signal: AbortSignal) => Promise<void>;

const performers: { readonly [K in Kind]: Performer<Operations[K]> } = {
  'keep-members': keepMembers,
  'disconnect-endpoint': disconnectEndpoint,
  'remove-network': removeNetwork,
  'create-network': createNetwork,
  'update-set': updateSet,
  'restore-table': restoreTable,
  'remove-set': removeSet,
  'restore-frames': restoreFrames,
  'cut-connections': cutConnections,
  'add-route': addRoute,
  'remove-route': removeRoute,
  'add-address': addAddress,
  'remove-address': removeAddress,
  'add-routing-rule': addRoutingRule,
  'remove-routing-rule': removeRoutingRule,
  'set-sysctl': setSysctl,
  'connect-endpoint': connectEndpoint,
  'forget-members': forgetMembers,
};

export interface ApplyOptions {
  readonly signal: AbortSignal;
  /** Called as each operation ends. */
  readonly onOutcome?: (outcome: Outcome) => void;
}

/**
 * Does the operations in the plan's order, those at once that are in nobody's way; tells how each ended, in that order. One that
 * fails does not stop the others, except those that need what it provides. Rejects only when the signal fires, between two
 * operations; what has begun to cost connections their permission ends them all the same.
 */
export async function apply(host: Host, plan: Plan, options: ApplyOptions): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  const undone = new Set<string>();
  // An operation that has begun is ended, by its own deadline at the latest: what was not told must not be half done.
  const unbroken = new AbortController().signal;
  if (!options.signal.aborted)
    await host.uncut.begin(plan.operations.filter((operation) => operation.kind === 'cut-connections'));
  for (const lanes of stepsOf(plan.operations)) {
    const done = await mapBounded(lanes, lanesAtOnce, async (lane) => {
      const inLane: Outcome[] = [];
      const together = options.signal.aborted
        ? new Set<Operation>()
        : await doInside(host, lane.filter(needsNothing), unbroken);
      for (const operation of lane) {
        const isDone = together.has(operation);
        if (options.signal.aborted && !isDone && !isDue(operation, outcomes)) continue;
        const outcome: Outcome = isDone
          ? { operation, result: 'done' }
          : await attempt(host, operation, undone, unbroken);
        if (!providesAll(outcome) && operation.provides !== undefined) undone.add(operation.provides);
        inLane.push(outcome);
        options.onOutcome?.(outcome);
      }
      return inLane;
    });
    outcomes.push(...done.flat());
  }
  if (outcomes.length < plan.operations.length) options.signal.throwIfAborted();
  const place = new Map(plan.operations.map((operation, index) => [operation, index]));
  const placeOf = ({ operation }: Outcome): number => place.get(operation) ?? plan.operations.length;
  return outcomes.toSorted((one, other) => placeOf(one) - placeOf(other));
}

function needsNothing({ needs }: Operation): boolean {
  return needs === undefined;
}

/** Where rules are changed already, no later look would tell that connections are left over. */
function isDue(operation: Operation, outcomes: readonly Outcome[]): boolean {
  if (operation.kind !== 'cut-connections') return false;
  return outcomes.some(
    (each) => 'namespace' in each.operation && each.operation.namespace === operation.namespace,
  );
}

/** One policy that lets nobody pass, since the kernel does not take it, is in nobody's way. */
function providesAll({ result, restInForce }: Outcome): boolean {
  return result === 'done' || restInForce === true;
}

async function attempt(
  host: Host,
  operation: Operation,
  undone: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<Outcome> {
  const lacking = operation.needs?.find((need) => undone.has(need));
  if (lacking !== undefined) {
    return { operation, result: 'skipped', error: `not without ${lacking}: see its own error` };
  }
  try {
    await perform(operation.kind, host, operation, signal);
    return { operation, result: 'done' };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return {
      operation,
      result: 'failed',
      error: message,
      ...(isNetwrightError(error, 'POLICY_REFUSED') && { restInForce: true }),
    };
  }
}

function perform<K extends Kind>(
  kind: K,
  host: Host,
  operation: Operations[K],
  signal: AbortSignal,
): Promise<void> {
  return performers[kind](host, operation, signal);
}
