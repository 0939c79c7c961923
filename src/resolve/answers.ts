import type { Rule } from '../model/ruleset.ts';
import type { Peer } from './names.ts';
import type { ResolvedPolicy } from './resolved-policy.ts';
import { commentOf } from './titles.ts';

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
  const rule = (): Rule => ({
    match: {
      ...(from !== undefined && { source: from }),
      ...(from === undefined && source.cidr !== undefined && { destination: source.cidr }),
      states: ['RELATED', 'ESTABLISHED'],
      direction: 'REPLY',
    },
    target: { kind: 'accept' },
    comment: commentOf(`answers from ${managed?.network ?? from ?? 'anywhere'}`),
    origin: policy.origin,
  });
  into.ruleOnce(place, source.family, 'answers', `${from ?? 'any'} ${from ?? source.cidr ?? 'any'}`, rule);
}
