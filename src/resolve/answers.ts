import type { Family, Origin } from '../model/config.ts';
import type { Rule } from '../model/ruleset.ts';
import { homeOf } from './home.ts';
import type { Peer } from './names.ts';
import type { NamespaceCollector } from './namespaces.ts';
import { host } from './place.ts';
import type { ResolvedPolicy } from './resolved-policy.ts';
import { ruleOf } from './rules.ts';
import { commentOf } from './titles.ts';

/**
 * What an allowed target answers passes too, whatever the engine does with its network.
 * One rule a network, not one a policy: only answers match it, and only to connections something let in.
 */
export function allowAnswers(resolved: ResolvedPolicy, source: Peer, target: Peer): void {
  const { policy, place, boundary, into } = resolved;
  const managedHere = place === host && boundary.families.includes(source.family);
  // What was let into a managed network is answered by a rule of the boundary.
  if (managedHere && boundary.holds(target.cidr)) return;
  if (managedHere && boundary.holds(source.cidr)) {
    answerToNetworks(policy.origin, source.family, into);
    return;
  }
  const home = homeOf(resolved, target);
  const from = home?.subnet ?? target.cidr;
  const rule = (): Rule => ({
    match: {
      ...(from !== undefined && { source: from }),
      ...(from === undefined && source.cidr !== undefined && { destination: source.cidr }),
      states: ['RELATED', 'ESTABLISHED'],
      direction: 'REPLY',
    },
    target: { kind: 'accept' },
    comment: commentOf(`answers from ${home?.network ?? from ?? 'anywhere'}`),
    origin: policy.origin,
  });
  into.ruleOnce(place, source.family, 'answers', `${from ?? 'any'} ${from ?? source.cidr ?? 'any'}`, rule);
}

/** What a managed network was allowed to reach outside answers it. */
function answerToNetworks(origin: Origin, family: Family, into: NamespaceCollector): void {
  if (!into.first(`answers to networks ${family}`)) return;
  const answer = { to: 'links', states: ['RELATED', 'ESTABLISHED'], direction: 'REPLY' } as const;
  ruleOf(host, family, into)('answers', answer, 'accept', { comment: 'answers to networks', origin });
}
