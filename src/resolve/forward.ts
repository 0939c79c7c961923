import type { PolicyEntry } from '../model/config.ts';
import type { Match, Target } from '../model/ruleset.ts';
import { allowAnswers } from './answers.ts';
import { forwardForPolicy } from './forwarding.ts';
import type { ResolvedPolicy } from './resolved-policy.ts';
import { trafficOf } from './traffic.ts';

/** A rule for each pair of source and target that are of one family, in file order; a sentence when no pair is. */
export function resolveForward(resolved: ResolvedPolicy): string | undefined {
  const { policy, title, place, sources = [], targets, into } = resolved;
  const pairs = sources.flatMap((source) =>
    targets.filter(({ family }) => family === source.family).map((target) => ({ source, target })),
  );
  if (pairs.length === 0) return 'from and to have no address of the same family';
  for (const { source, target } of pairs) {
    forwardForPolicy(resolved, source, target);
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

function verdictsOf(policy: PolicyEntry, title: string): readonly Target[] {
  const verdict: Target =
    policy.action === 'reject'
      ? { kind: 'reject', with: policy.proto === 'tcp' ? 'tcp-reset' : 'port-unreachable' }
      : { kind: policy.action };
  if (!policy.log) return [verdict];
  return [{ kind: 'log', prefix: `${title.slice(0, 27)}: ` }, verdict];
}
