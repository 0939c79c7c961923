import { apply } from './apply/apply.ts';
import { unlessAborted } from './host/deadline.ts';
import type { Host } from './host/host.ts';
import type { Config } from './model/config.ts';
import type { Desired } from './model/desired.ts';
import type { Inventory } from './model/inventory.ts';
import type { NamespaceId } from './model/namespace.ts';
import type { Observed } from './model/observed.ts';
import type { Operation, Outcome, Plan } from './model/plan.ts';
import { type Begun, beginLook } from './observe/begun.ts';
import { asForeign } from './observe/foreign.ts';
import { observeAgain } from './observe/namespaces.ts';
import { observeHost } from './observe/observe.ts';
import { plan } from './plan/plan.ts';
import { type Compared, settledSince } from './plan/settled.ts';
import { resolve } from './resolve/resolve.ts';
import { Resolver } from './resolve/resolver.ts';

/** One look at the host: what the file asks for, what is there, and the difference. */
export interface Look {
  readonly desired: Desired;
  readonly observed: Observed;
  readonly plan: Plan;
}

/** Operations done to the host, the last look at it, and whether that look found nothing left to do. */
export interface Pass {
  readonly outcomes: readonly Outcome[];
  readonly last: Look;
  readonly rounds: number;
  readonly converged: boolean;
}

export interface PassOptions {
  readonly signal: AbortSignal;
  /** Called as each operation ends. */
  readonly onOutcome?: (outcome: Outcome) => void;
  /** Called while programs read what a round has changed, with what was done so far, what the look before saw, and the number of the next round. */
  readonly onVerifying?: (outcomes: readonly Outcome[], before: Look, nextRound: number) => void;
  /**
   * What the last look saw, where it found nothing to do, and what was heard of since read again. Sets and rules that follow from it
   * and the file are put right before all is looked at; the looks come after it, as ever.
   */
  readonly remembered?: Observed;
  /** Ends the first look while the engine is asked; `signal` unless told, with which it fires. */
  readonly asking?: AbortSignal;
  /** Awaited before the first look: what is done to the host besides. Rejects for nothing. */
  readonly after?: Promise<unknown>;
  /** The first look, where it is under way. */
  readonly begun?: Begun;
  /** Of the passes before. */
  readonly resolver?: Resolver;
}

/** Done twice, or to a host that is another one by now, these do no harm: elements by `-exist`, rules of ours as whole tables, or not at all. */
export const anticipated: ReadonlySet<Operation['kind']> = new Set([
  'update-set',
  'restore-table',
  'remove-set',
  'restore-frames',
  'cut-connections',
]);

/** A round that changes something is followed by one that looks; more than this many means that somebody undoes our work. */
const mostRounds = 4;

interface LookOptions {
  readonly desiredWith?: (inventory: Inventory) => Desired;
  /** What was asked of the host before its file was known. */
  readonly begun?: Begun | undefined;
  /** As in `PassOptions`. */
  readonly asking?: AbortSignal | undefined;
}

/** Reads the host and compares; changes nothing. */
export async function look(
  host: Host,
  config: Config,
  signal: AbortSignal,
  {
    desiredWith = (there) => resolve(config, there, host.ownership, host.facts),
    asking = signal,
    begun = beginLook(host, signal, asking),
  }: LookOptions = {},
): Promise<Look> {
  const seen = await begun.inventory;
  const inventory = config.leavesEngine ? asForeign(seen) : seen;
  const desired = desiredWith(inventory);
  const observed = await observeHost(host, inventory, desired, signal, begun);
  return compared(host, desired, observed);
}

/** What was done for the file and for what was heard of, without a whole look; what could not be done is for the looks to decide. */
async function anticipate(
  host: Host,
  desiredWith: (inventory: Inventory) => Desired,
  { remembered, signal, onOutcome }: PassOptions,
): Promise<readonly Outcome[]> {
  if (remembered === undefined) return [];
  const desired = desiredWith(remembered.inventory);
  const expected = plan(desired, remembered, host.ownership, host.facts);
  if (!expected.operations.every(({ kind }) => anticipated.has(kind))) return [];
  const done: Outcome[] = [];
  await apply(host, expected, {
    signal,
    onOutcome: (outcome) => {
      if (outcome.result !== 'done') return;
      done.push(outcome);
      onOutcome?.(outcome);
    },
  });
  return done;
}

/** What was left alone need not be looked at again; undefined where an operation may have changed more than the namespace it names. */
export async function lookAgain(
  host: Host,
  last: Look,
  done: readonly Outcome[],
  signal: AbortSignal,
  onAsked?: () => void,
): Promise<Look | undefined> {
  const changed = new Set<NamespaceId>();
  for (const { operation, result } of done) {
    if (result !== 'done' || !('namespace' in operation)) return undefined;
    changed.add(operation.namespace);
  }
  const { facts } = host;
  const observed = await observeAgain(host, last.observed, last.desired, changed, signal, { onAsked });
  // What was learnt of the host meanwhile may ask for other things than were asked for.
  if (observed === undefined || host.facts !== facts) return undefined;
  return compared(host, last.desired, observed, last);
}

/** `before`: a look that found nothing to do in what is still the same object, desired and observed. */
export function compared(host: Host, desired: Desired, observed: Observed, before?: Compared): Look {
  const isSettled = before && settledSince(before, { desired, observed });
  return {
    desired,
    observed,
    plan: plan(desired, observed, host.ownership, host.facts, host.uncut.list(), isSettled),
  };
}

/**
 * Observe, plan, apply until the plan is empty, a few rounds at most: both the loop and the verification.
 * An operation that failed is tried once more in the next round and then left to the next pass.
 */
export async function reconcile(host: Host, config: Config, options: PassOptions): Promise<Pass> {
  const { resolver = new Resolver() } = options;
  const desiredWith = (inventory: Inventory): Desired =>
    resolver.resolve(config, inventory, host.ownership, host.facts);
  const outcomes: Outcome[] = [...(await anticipate(host, desiredWith, options))];
  if (options.after !== undefined) await unlessAborted(options.asking ?? options.signal, options.after);
  let failedBefore = new Set<string>();
  let verified: Look | undefined;
  for (let round = 1; ; round++) {
    const { asking, begun } = round === 1 ? options : {};
    const last: Look = verified ?? (await look(host, config, options.signal, { desiredWith, asking, begun }));
    const { operations } = last.plan;
    if (operations.length === 0) return { ...ended(outcomes, last), rounds: round, converged: true };
    const stuck = operations.every((operation) => failedBefore.has(operationKey(operation)));
    if (stuck || round > mostRounds) return { ...ended(outcomes, last), rounds: round, converged: false };
    const done = await apply(host, last.plan, options);
    outcomes.push(...done);
    verified = await lookAgain(host, last, done, options.signal, () =>
      options.onVerifying?.(outcomes, last, round + 1),
    );
    failedBefore = new Set(
      done.filter(({ result }) => result !== 'done').map(({ operation }) => operationKey(operation)),
    );
  }
}

/** What failed and is no longer to be done did not fail: its container stopped meanwhile, say, and is waited for now. */
export function ended(outcomes: readonly Outcome[], last: Look): Pick<Pass, 'outcomes' | 'last'> {
  const still = new Set(last.plan.operations.map(operationKey));
  return {
    outcomes: outcomes.filter(
      ({ operation, result }) => result === 'done' || still.has(operationKey(operation)),
    ),
    last,
  };
}

function operationKey(operation: Operation): string {
  return JSON.stringify([operation.kind, operation.changes]);
}
