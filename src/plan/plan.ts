import type { Desired } from '../model/desired.ts';
import type { HostFacts } from '../model/facts.ts';
import { hostNamespace, type NamespaceId } from '../model/namespace.ts';
import type { Notice } from '../model/notice.ts';
import { type Observed, withoutNamespaces } from '../model/observed.ts';
import type { Ownership } from '../model/ownership.ts';
import type { Operation, Plan } from '../model/plan.ts';
import type { CutConnections } from '../model/rules-operations.ts';
import { throughBridges } from './absent-bridges.ts';
import { planAddresses } from './addresses.ts';
import { bridgesAfter } from './bridges.ts';
import { closedFirst } from './closed-first.ts';
import { planConnections } from './connections.ts';
import { planEndpoints } from './endpoints.ts';
import { planFrames } from './frames.ts';
import { announceJoining } from './joining.ts';
import { planLateHooks } from './late-hooks.ts';
import { leftSubnets } from './left-subnets.ts';
import { planMembers } from './members.ts';
import { withMovedPolicies } from './moved-policies.ts';
import { planNetworks } from './networks.ts';
import type { Part } from './part.ts';
import { withoutRivals } from './rivals.ts';
import { planRouting } from './routing.ts';
import { planRulesets } from './rulesets.ts';
import { planSets } from './sets.ts';
import { planSysctls } from './sysctls.ts';

/**
 * The fixed order of a pass: a container never joins before its rules exist, and nothing is made in the place of what still stands.
 * An engine that makes a network puts a rule of its own first (Docker, nat POSTROUTING), and changes sysctls: ours come after the
 * one and before the other, but for those that come with it.
 */
const orderOf: Readonly<Record<Place, number>> = {
  'keep-members': 0,
  'disconnect-endpoint': 1,
  'remove-network': 2,
  'set-sysctl': 3,
  'create-network': 4,
  'after-creating': 5,
  'update-set': 6,
  'restore-frames': 7,
  'restore-table': 8,
  'remove-set': 9,
  'cut-connections': 10,
  'remove-routing-rule': 11,
  'remove-address': 12,
  'remove-route': 13,
  'add-route': 14,
  'add-routing-rule': 15,
  'connect-endpoint': 16,
  'connect-anywhere': 17,
  'after-joining': 18,
  'add-address': 19,
  'way-out': 20,
  'forget-members': 21,
};

/**
 * The difference between what is desired and what was observed, and connections that are left over; empty when there is none.
 * `isSettled`: a plan for this very namespace, desired and observed, found nothing to do when no network changed.
 */
export function plan(
  desired: Desired,
  observed: Observed,
  ownership: Ownership,
  facts: Pick<HostFacts, 'conntrack' | 'engine'>,
  uncut: readonly CutConnections[] = [],
  isSettled: (id: NamespaceId) => boolean = () => false,
): Plan {
  const networks = planNetworks(desired, observed, ownership);
  const endpoints = planEndpoints(desired, observed, networks.fates);
  const members = planMembers(desired, observed, networks.fates);
  const ofNetworks = [...networks.operations, ...endpoints.operations];
  const left = leftSubnets(ofNetworks, observed.inventory);
  const unsettled = ofNetworks.length > 0 ? observed : withoutNamespaces(observed, isSettled);
  const rulesets = planRulesets(desired, unsettled, ownership, ofNetworks);
  const earlier = [networks, endpoints, members, rulesets].flatMap(({ operations }) => operations);
  const sets = planSets(desired, unsettled, rulesets.operations);
  const rules = withMovedPolicies([...sets.operations, ...rulesets.operations], desired, observed);
  const routing = withoutRivals(planRouting(desired, observed, left), observed, ownership);
  const parts: readonly Part[] = [
    networks,
    endpoints,
    members,
    announceJoining(desired, observed, earlier),
    planAddresses(desired, observed, left, earlier),
    planFrames(desired, observed),
    planConnections(rules, desired, observed, facts, uncut),
    planLateHooks(desired, observed, ownership, earlier),
    planSysctls(desired, observed, bridgesAfter(desired, observed, earlier, facts)),
    facts.engine === 'podman' ? throughBridges(routing, desired, observed, earlier) : routing,
  ];
  return {
    operations: closedFirst(
      parts.flatMap(({ operations }) => operations),
      desired,
    ).toSorted((one, other) => orderOf[placeOf(one)] - orderOf[placeOf(other)]),
    notices: [
      ...desired.notices,
      ...parts.flatMap(({ notices }) => notices),
      ...unreadableNotices(desired, observed),
    ],
    ...(observed.unreadable !== undefined && { unseen: new Set(observed.unreadable.keys()) }),
  };
}

/** An operation's place is that of its kind, but for what only some of a kind must wait for. */
type Place = Operation['kind'] | 'after-creating' | 'connect-anywhere' | 'after-joining' | 'way-out';

/**
 * The way out of a container leads through the networks it is in: its routes come after them, and nothing waits for them.
 * What only leaves a set was let through by it until the rules have changed.
 */
function placeOf(operation: Operation): Place {
  if (operation.kind === 'update-set' && operation.how === 'change' && operation.add.length === 0)
    return 'remove-set';
  // The engine chooses what nobody needs only when everybody else is there.
  if (operation.kind === 'connect-endpoint' && operation.addresses.length === 0) return 'connect-anywhere';
  if ('afterCreating' in operation) return 'after-creating';
  if ('afterJoining' in operation) return 'after-joining';
  const inContainer = 'namespace' in operation && operation.namespace !== hostNamespace;
  const isRoute = operation.kind === 'add-route' || operation.kind === 'add-routing-rule';
  return inContainer && isRoute ? 'way-out' : operation.kind;
}

/** One container that cannot be read must not stop the others; it is told where the file wants something in it, or left something there. */
function unreadableNotices({ namespaces }: Desired, { unreadable }: Observed): readonly Notice[] {
  return [...(unreadable ?? [])].map(
    ([id, { name, why }]): Notice => ({
      kind: namespaces.has(id) ? 'refused' : 'warning',
      subject: name,
      message: `its network namespace cannot be read: ${why}`,
    }),
  );
}
