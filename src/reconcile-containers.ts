import { apply } from './apply/apply.ts';
import type { Host } from './host/host.ts';
import type { Config } from './model/config.ts';
import { hostNamespace, type NamespaceId } from './model/namespace.ts';
import type { Observed } from './model/observed.ts';
import type { Operation, Outcome } from './model/plan.ts';
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
  /** Namespaces in which all was done and which were not looked at since: what the last look says of them is out of date. */
  readonly trusted: ReadonlySet<NamespaceId>;
}

interface ContainersPassOptions extends Pick<PassOptions, 'signal' | 'onOutcome'>, Asked {
  /** What the last look saw, with what others have changed since read again. */
  readonly seen: Observed;
  /** That look, which found nothing to do but where it is trusted that nothing is. */
  readonly before: Compared;
  readonly trusted: ContainersPass['trusted'];
  readonly resolver: Resolver;
}

/**
 * One round for these containers alone, on top of what the last look saw; undefined where something is to be done besides in
 * their namespaces and the host's rules, which is for a whole pass.
 */
export async function reconcileContainers(
  host: Host,
  config: Config,
  { seen, before, trusted: trustedBefore, resolver, signal, onOutcome, ...asked }: ContainersPassOptions,
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
  const again = desired.frames === undefined ? inside : new Set([...inside, hostNamespace]);
  const observed = await observeAgain(host, { ...seen, inventory }, desired, again, signal);
  if (observed === undefined || [...desired.namespaces.keys()].some((id) => !observed.namespaces.has(id)))
    return undefined;
  const others = new Set([...trustedBefore].filter((id) => !inside.has(id)));
  const first = without(others, compared(host, desired, observed, before));
  const { operations } = first.plan;
  if (!operations.every((operation) => isWithin(operation, inside))) return undefined;
  if (operations.length === 0)
    return { outcomes: [], last: first, rounds: 1, converged: true, trusted: others };
  const outcomes = await apply(host, first.plan, { signal, ...(onOutcome !== undefined && { onOutcome }) });
  // Of the legacy store nobody tells, so what is in it now has to be known.
  const isTrusted = ({ operation, result }: Outcome): boolean =>
    result === 'done' && observed.backend === 'nft' && isWithin(operation, inside, new Set());
  const doubtful = outcomes.filter((outcome) => !isTrusted(outcome));
  const last =
    doubtful.length === 0
      ? { ...first, plan: { ...first.plan, operations: [] } }
      : await lookAgain(host, first, doubtful, signal);
  if (last === undefined) return undefined;
  const trusted = new Set([...others, ...(observed.backend === 'nft' ? inside : [])]);
  const left = without(trusted, last);
  return { ...ended(outcomes, left), rounds: 2, converged: left.plan.operations.length === 0, trusted };
}

function without(trusted: ReadonlySet<NamespaceId>, { plan: whole, ...seen }: Look): Look {
  const operations = whole.operations.filter((operation) => !isWithin(operation, trusted, new Set()));
  return { ...seen, plan: { ...whole, operations } };
}

/** In these namespaces, or in the host's rules and sets, which may be written on top of an older look. */
function isWithin(
  operation: Operation,
  inside: ReadonlySet<NamespaceId>,
  anywhere: ReadonlySet<Operation['kind']> = anticipated,
): boolean {
  return 'namespace' in operation && (inside.has(operation.namespace) || anywhere.has(operation.kind));
}
