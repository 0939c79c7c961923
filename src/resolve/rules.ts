import type { Family, Origin } from '../model/config.ts';
import type { ChainRole, SetRole } from '../model/ownership.ts';
import type { Match, Target } from '../model/ruleset.ts';
import type { ChainPart } from './chains.ts';
import type { NamespaceCollector } from './namespaces.ts';
import type { Place } from './place.ts';

/** A match that may also look into one of our sets, by where the packet comes from or goes to. */
export interface Condition extends Match {
  readonly from?: SetRole;
  readonly to?: SetRole;
}

type Verdict = 'accept' | 'drop' | 'return' | 'notrack' | { readonly jump: ChainRole };

interface About {
  readonly comment: string;
  readonly origin: Origin;
}

/** Writes rules of one family in one place, in words shorter than the model's. */
export function ruleOf(place: Place, family: Family, into: NamespaceCollector) {
  return (part: ChainPart, { from, to, ...match }: Condition, verdict: Verdict, about: About): void => {
    const found =
      from !== undefined
        ? into.lookUp(family, from, 'source')
        : to !== undefined
          ? into.lookUp(family, to, 'target')
          : undefined;
    // What passes in `raw` comes by in the filter table once more.
    const set = part === 'raw' && found !== undefined ? { ...found, uncounted: true as const } : found;
    const target: Target =
      typeof verdict === 'string' ? { kind: verdict } : { kind: 'jump', chain: into.chain(verdict.jump) };
    into.rule(place, family, part, {
      match: { ...match, ...(set !== undefined && { set }) },
      target,
      ...about,
    });
  };
}

/** Neighbour solicitation and advertisement (RFC 4861): without them nobody finds anybody in IPv6. */
export function neighbourDiscovery(family: Family): readonly Match[] {
  return family === 4 ? [] : [135, 136].map((icmpType): Match => ({ protocol: 'icmp', icmpType }));
}
