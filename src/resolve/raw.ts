import type { Match } from '../model/ruleset.ts';
import type { Peer } from './names.ts';
import { host } from './namespaces.ts';
import type { ResolvedPolicy } from './resolved-policy.ts';
import { trafficOf } from './traffic.ts';

/**
 * An engine that drops in `raw` what comes to its containers past their own bridge must see what a policy allows accepted there first
 * (moby PR 48724). Before connection tracking nothing is known but the packet itself; what else it must be is left to FORWARD.
 */
export function passRaw(
  { policy, title, place, facts, into }: ResolvedPolicy,
  source: Peer,
  target: Peer,
): void {
  if (!facts.engineFiltersRaw || place !== host || target.cidr === undefined) return;
  for (const traffic of trafficOf(policy)) {
    const match: Match = {
      ...(source.cidr !== undefined && { source: source.cidr }),
      destination: target.cidr,
      ...traffic,
      ...(policy.iface !== undefined && { inInterface: policy.iface }),
    };
    into.rule(host, source.family, 'raw', {
      match,
      target: { kind: 'accept' },
      comment: title,
      origin: policy.origin,
    });
  }
}
