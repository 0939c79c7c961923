import type { Family, Match } from '../model/ruleset.ts';
import { host } from './place.ts';
import type { ResolvedPolicy } from './resolved-policy.ts';

/**
 * An engine that drops in `raw` what comes to its containers past their own bridge must see what a policy allows accepted there first
 * (moby PR 48724). Before connection tracking nothing is known but the packet itself; what else it must be is left to FORWARD.
 */
export function passRaw(
  { policy, title, place, facts, into }: ResolvedPolicy,
  family: Family,
  match: Match,
): void {
  if (!facts.engineFiltersRaw || place !== host || match.destination === undefined) return;
  into.rule(host, family, 'raw', {
    match,
    target: { kind: 'accept' },
    comment: title,
    origin: policy.origin,
  });
}
