import { forwardForPolicy } from './forwarding.ts';
import type { Peer } from './names.ts';
import type { ResolvedPolicy } from './resolved-policy.ts';
import { trafficOf } from './traffic.ts';

/** What leaves by the interface takes its address; `from` and `to` narrow it down; a sentence when they are of different families. */
export function resolveMasquerade(resolved: ResolvedPolicy): string | undefined {
  const { policy, title, place, sources, targets, into } = resolved;
  const everywhere: readonly Peer[] = [{ family: 4 }, { family: 6 }];
  const from = sources ?? everywhere;
  const to = targets.length > 0 ? targets : everywhere;
  let done = 0;
  for (const source of from) {
    for (const target of to.filter(({ family }) => family === source.family)) {
      forwardForPolicy(resolved, source, target);
      for (const traffic of trafficOf(policy)) {
        into.rule(place, source.family, 'masquerade', {
          match: {
            ...(source.cidr !== undefined && { source: source.cidr }),
            ...(target.cidr !== undefined && { destination: target.cidr }),
            ...(policy.iface !== undefined && { outInterface: policy.iface }),
            ...(policy.ports.length > 0 && traffic),
          },
          target: { kind: 'masquerade' },
          comment: title,
          origin: policy.origin,
        });
        done++;
      }
    }
  }
  return done === 0 ? 'from and to have no address of the same family' : undefined;
}
