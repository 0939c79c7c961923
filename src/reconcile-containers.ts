import { apply } from './apply/apply.ts';
import type { Host } from './host/host.ts';
import type { Config } from './model/config.ts';
import { hostNamespace, type NamespaceId } from './model/namespace.ts';
import { type Observed, withoutNamespaces } from './model/observed.ts';
import type { Operation, Outcome } from './model/plan.ts';
import { takesRulesAway } from './model/rules-operations.ts';
import { type Asked, withContainersAgain } from './observe/containers-again.ts';
import { asForeign } from './observe/foreign.ts';
import { observeAgain } from './observe/namespaces.ts';
import type { Compared } from './plan/settled.ts';
import {
  anticipated,
  compared,
  ended,
  type Look,
  lookAgain,
  type Pass,
  type PassOptions,
} from './reconcile.ts';
import type { Resolver } from './resolve/resolver.ts';

/** A round for some containers alone. */
export interface ContainersPass extends Pass {
  /** The namespaces of these containers, left out of the look: what is wanted there is for `completeContainers`. */
  readonly inside: ReadonlySet<NamespaceId>;
}

interface ContainersPassOptions extends Pick<PassOptions, 'signal' | 'onOutcome'>, Asked {
  /** What the last look saw, with what others have changed since read again. */
  readonly seen: Observed;
  /** That look, which found nothing to do. */
  readonly before: Compared;
  /** What was left out of it already. */
  readonly incomplete: ReadonlySet<NamespaceId>;
  readonly resolver: Resolver;
}

/**
 * One round for these containers alone, on top of what the last look saw: what they change on the host is put right, what is wanted in
 * their namespaces is left out. Undefined where something is to be done besides, which is for a whole pass.
 */
export async function reconcileContainers(
  host: Host,
  config: Config,
  { seen, before, incomplete, resolver, signal, onOutcome, ...asked }: ContainersPassOptions,
): Promise<ContainersPass | undefined> {
  const { containers } = asked;
  const inspected = await withContainersAgain(host, seen.inventory, asked, signal);
  const inventory = config.leavesEngine ? asForeign(inspected) : inspected;
  const desired = resolver.resolve(config, inventory, host.ownership, host.facts);
  const inside = new Set<NamespaceId>(
    inventory.containers
      .filter(({ id, namespace }) => containers.has(id) && namespace !== hostNamespace)
      .flatMap(({ namespace }) => namespace ?? []),
  );
  // Where a container is plugged in is for the host to tell.
  const again = new Set(desired.frames === undefined ? [] : [hostNamespace]);
  const all = await observeAgain(host, { ...seen, inventory }, desired, again, signal);
  const observed = all && withoutNamespaces(all, (id) => inside.has(id));
  const isKnown = (id: NamespaceId): boolean =>
    observed?.namespaces.has(id) === true || inside.has(id) || incomplete.has(id);
  if (observed === undefined || ![...desired.namespaces.keys()].every(isKnown)) return undefined;
  const first = compared(host, desired, observed, before);
  const { operations } = first.plan;
  if (!operations.every(({ kind }) => anticipated.has(kind))) return undefined;
  if (operations.length === 0) return { outcomes: [], last: first, rounds: 1, converged: true, inside };
  const outcomes = await apply(host, first.plan, { signal, ...(onOutcome !== undefined && { onOutcome }) });
  const last = await lookAgain(host, first, outcomes, signal);
  if (last === undefined) return undefined;
  const converged = last.plan.operations.length === 0;
  return { ...ended(outcomes, last), rounds: 2, converged, inside };
}

/** What was done in containers' namespaces, the look it was done by, and whether nothing is known to be left. */
export interface Completed {
  readonly outcomes: readonly Outcome[];
  readonly look: Look;
  readonly isAll: boolean;
}

/**
 * Does in these namespaces what is wanted there, rules or all the rest; undefined where one of them cannot be read. Routes and some
 * sysctls wait for a lock that the kernel holds while namespaces and links are made and taken away, for a second and more where many
 * containers start; rules do not.
 */
export async function completeContainers(
  host: Host,
  last: Pick<Look, 'desired' | 'observed'>,
  ids: ReadonlySet<NamespaceId>,
  part: 'rules' | 'rest',
  signal: AbortSignal,
): Promise<Completed | undefined> {
  const rulesOnly = part === 'rules' ? ids : new Set<NamespaceId>();
  const observed = await observeAgain(host, last.observed, last.desired, ids, signal, { rulesOnly });
  if (observed === undefined) return undefined;
  const look = compared(host, last.desired, observed, last);
  const inside = look.plan.operations.filter(
    (operation) => 'namespace' in operation && ids.has(operation.namespace),
  );
  const operations = operationsIn(part, inside);
  const outcomes = await apply(host, { ...look.plan, operations }, { signal });
  const isDone = outcomes.every(({ result }) => result === 'done');
  return { outcomes, look, isAll: isDone && (part === 'rules' || operations.length === inside.length) };
}

/** Which of what is to be done in containers is done with the rules, and which with the rest. */
export function operationsIn(part: 'rules' | 'rest', inside: readonly Operation[]): readonly Operation[] {
  return inside.filter((operation) => comesFirst(operation, inside) === (part === 'rules'));
}

/** Where rules go, all is done in the plan's order: they go once forwarding is as it was. */
function comesFirst(operation: Operation, inside: readonly Operation[]): boolean {
  const goes = (other: Operation): boolean =>
    other.kind === 'restore-table' &&
    'namespace' in operation &&
    other.namespace === operation.namespace &&
    takesRulesAway(other);
  return anticipated.has(operation.kind) && !inside.some(goes);
}
