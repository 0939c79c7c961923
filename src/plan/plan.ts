import type { HostFacts } from '../model/facts.ts';
import type { Ownership } from '../model/ownership.ts';
import type { CutConnections, Operation, Plan } from '../model/plan.ts';
import { type Desired, hostNamespace, type Notice, type Observed } from '../model/state.ts';
import { ofLastingBridges, throughBridges } from './absent-bridges.ts';
import { planAddresses } from './addresses.ts';
import { planConnections } from './connections.ts';
import { planEndpoints } from './endpoints.ts';
import { planFrames } from './frames.ts';
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
 * one and before the other.
 */
const orderOf: Readonly<Record<Place, number>> = {
  'keep-members': 0,
  'disconnect-endpoint': 1,
  'remove-network': 2,
  'set-sysctl': 3,
  'create-network': 4,
  'update-set': 5,
  'restore-frames': 6,
  'restore-table': 7,
  'remove-set': 8,
  'cut-connections': 9,
  'remove-routing-rule': 10,
  'remove-address': 11,
  'remove-route': 12,
  'add-route': 13,
  'add-routing-rule': 14,
  'connect-endpoint': 15,
  'connect-anywhere': 16,
  'hook-after-joining': 17,
  'add-address': 18,
  'way-out': 19,
  'forget-members': 20,
};

/** The difference between what is desired and what was observed, and connections that are left over; empty when there is none. */
export function plan(
  desired: Desired,
  observed: Observed,
  ownership: Ownership,
  facts: Pick<HostFacts, 'conntrack' | 'engine'>,
  uncut: readonly CutConnections[] = [],
): Plan {
  const networks = planNetworks(desired, observed, ownership);
  const endpoints = planEndpoints(desired, observed, networks.fates);
  const left = leftSubnets([...networks.operations, ...endpoints.operations], observed.inventory);
  const members = planMembers(desired, observed, networks.fates);
  const rulesets = planRulesets(desired, observed, ownership, networks.operations);
  const earlier = [networks, endpoints, members, rulesets].flatMap(({ operations }) => operations);
  const sets = planSets(desired, observed, rulesets.operations);
  const rules = withMovedPolicies([...sets.operations, ...rulesets.operations], desired, observed);
  const routing = withoutRivals(planRouting(desired, observed, left), observed, ownership);
  const sysctls = planSysctls(desired, observed);
  const parts: readonly Part[] = [
    networks,
    endpoints,
    members,
    planAddresses(desired, observed, left, earlier),
    planFrames(desired, observed),
    planConnections(rules, desired, observed, facts, uncut),
    planLateHooks(desired, observed, ownership, earlier),
    ...(facts.engine === 'podman'
      ? [ofLastingBridges(sysctls, observed, earlier), throughBridges(routing, desired, observed, earlier)]
      : [sysctls, routing]),
  ];
  return {
    operations: parts
      .flatMap(({ operations }) => operations)
      .toSorted((one, other) => orderOf[placeOf(one)] - orderOf[placeOf(other)]),
    notices: [
      ...desired.notices,
      ...parts.flatMap(({ notices }) => notices),
      ...unreadableNotices(desired, observed),
    ],
    ...(observed.unreadable !== undefined && { unseen: new Set(observed.unreadable.keys()) }),
  };
}

/** An operation's place is that of its kind, but for what only some of a kind must wait for. */
type Place = Operation['kind'] | 'connect-anywhere' | 'hook-after-joining' | 'way-out';

/**
 * The way out of a container leads through the networks it is in: its routes come after them, and nothing waits for them.
 * What only leaves a set was let through by it until the rules have changed.
 */
function placeOf(operation: Operation): Place {
  if (operation.kind === 'update-set' && operation.how === 'change' && operation.add.length === 0)
    return 'remove-set';
  // The engine chooses what nobody needs only when everybody else is there.
  if (operation.kind === 'connect-endpoint' && operation.addresses.length === 0) return 'connect-anywhere';
  if ('afterJoining' in operation) return 'hook-after-joining';
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
