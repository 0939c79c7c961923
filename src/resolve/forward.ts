import type { PolicyEntry } from '../model/config.ts';
import type { Match, PortRange, Protocol, Rule, Target } from '../model/ruleset.ts';
import type { Peer } from './names.ts';
import type { ResolvedPolicy } from './policies.ts';

/** A rule for each pair of source and target that are of one family, in file order; a sentence when no pair is. */
export function resolveForward(resolved: ResolvedPolicy): string | undefined {
  const { policy, title, place, sources = [], targets, into } = resolved;
  const pairs = sources.flatMap((source) =>
    targets.filter(({ family }) => family === source.family).map((target) => ({ source, target })),
  );
  if (pairs.length === 0) return 'from and to have no address of the same family';
  for (const { source, target } of pairs) {
    into.forwarding(place, source.family, policy.origin);
    for (const traffic of trafficOf(policy)) {
      const match: Match = {
        ...(source.cidr !== undefined && { source: source.cidr }),
        ...(target.cidr !== undefined && { destination: target.cidr }),
        ...traffic,
        ...(policy.iface !== undefined && { inInterface: policy.iface }),
      };
      for (const verdict of verdictsOf(policy, title)) {
        into.rule(place, source.family, 'policies', {
          match: verdict.kind === 'log' ? { ...match, states: ['NEW'] } : match,
          target: verdict,
          comment: title,
          origin: policy.origin,
        });
      }
    }
    if (policy.action === 'accept') allowAnswers(resolved, source, target);
  }
  return undefined;
}

/**
 * What an allowed target answers passes too, whatever the engine does with its network.
 * One rule a network, not one a policy: only answers match it, and only to connections something let in.
 */
export function allowAnswers(
  { policy, place, names, into }: ResolvedPolicy,
  source: Peer,
  target: Peer,
): void {
  const managed = target.cidr === undefined ? undefined : names.managedSubnet(target.cidr);
  const from = managed?.subnet ?? target.cidr;
  const rule: Rule = {
    match: {
      ...(from !== undefined && { source: from }),
      ...(from === undefined && source.cidr !== undefined && { destination: source.cidr }),
      states: ['RELATED', 'ESTABLISHED'],
      direction: 'REPLY',
    },
    target: { kind: 'accept' },
    comment: `answers from ${managed?.network ?? from ?? 'anywhere'}`,
    origin: policy.origin,
  };
  into.rule(place, source.family, 'answers', rule);
}

function verdictsOf(policy: PolicyEntry, title: string): readonly Target[] {
  const verdict: Target =
    policy.action === 'reject'
      ? { kind: 'reject', with: policy.proto === 'tcp' ? 'tcp-reset' : 'port-unreachable' }
      : { kind: policy.action };
  if (!policy.log) return [verdict];
  return [{ kind: 'log', prefix: `${title.slice(0, 27)}: ` }, verdict];
}

/** multiport holds fifteen ports, and a range counts two (xt_multiport). */
const multiportSlots = 15;

/** The protocol and ports of a policy as matches; more ports than one match can hold make several. */
export function trafficOf(policy: PolicyEntry): readonly Pick<Match, 'protocol' | 'destinationPorts'>[] {
  if (policy.proto === 'any') return [{}];
  const protocol: Protocol = policy.proto;
  if (policy.ports.length === 0) return [{ protocol }];
  const groups: PortRange[][] = [[]];
  let used = 0;
  for (const range of policy.ports) {
    const slots = range.from === range.to ? 1 : 2;
    if (used + slots > multiportSlots) {
      groups.push([]);
      used = 0;
    }
    groups.at(-1)?.push(range);
    used += slots;
  }
  return groups.map((destinationPorts) => ({ protocol, destinationPorts }));
}
