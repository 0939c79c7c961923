import { everyAddress } from '../model/address.ts';
import type { Family } from '../model/ruleset.ts';
import { allowEntry, withoutAny } from '../model/sets.ts';
import type { Peer } from './names.ts';
import { host } from './place.ts';
import type { ResolvedPolicy } from './resolved-policy.ts';
import { ruleOf } from './rules.ts';
import { flowsOf } from './traffic.ts';

/** More ports than these are a wide range: a rule compares them at once, a set would need an element for each. */
const mostPorts = 16;

/**
 * Lets the flows pass by elements of the set of allowed flows, which costs the same however many there are; false where a set cannot
 * say what the policy means: not one target address, ports none or many, an interface, a log, or a refusal before it that it may not overtake.
 */
export function allowBySet(resolved: ResolvedPolicy, source: Peer, target: Peer): boolean {
  const { policy, title, place, stops, into } = resolved;
  const { proto, ports, action, log, iface } = policy;
  const { family, address } = target;
  if (place !== host || action !== 'accept' || log || iface !== undefined) return false;
  if (proto === 'any' || proto === 'icmp' || address === undefined) return false;
  const count = ports.reduce((sum, { from, to }) => sum + to - from + 1, 0);
  if (count === 0 || count > mostPorts || stops.overlap(flowsOf(policy, source, target))) return false;
  for (const { from, to } of ports) {
    for (let port = from; port <= to; port++) {
      for (const block of withoutAny(source.cidr ?? everyAddress[family])) {
        const entry = allowEntry(address, proto, port, block);
        into.element(family, 'allow', { entry, comment: title, origin: policy.origin });
      }
    }
  }
  lookUpAllowed(resolved, family);
  return true;
}

/** The rules that look into the set, in every place where an allowed flow may be refused. */
function lookUpAllowed({ policy, boundary, facts, into }: ResolvedPolicy, family: Family): void {
  if (!into.first(`allow ${family}`)) return;
  const rule = ruleOf(host, family, into);
  const about = { comment: 'allowed flows', origin: policy.origin };
  rule('allowed', { to: 'allow' }, 'accept', about);
  if (boundary.guardsHost(undefined)) rule('hostAnswers', { to: 'allow' }, 'accept', about);
  if (!facts.engineFiltersRaw) return;
  rule('raw', { to: 'allow' }, 'accept', about);
  rule('raw', { from: 'allow' }, 'accept', about);
}
