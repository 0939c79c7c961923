import type { PolicyEntry } from '../model/config.ts';
import type { Match, PortRange, Protocol } from '../model/ruleset.ts';
import type { Peer } from './names.ts';
import type { Flows } from './stops.ts';

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

/** What a policy speaks of between two of its peers. */
export function flowsOf({ proto, ports }: PolicyEntry, source: Peer, target: Peer): Flows {
  return {
    source: source.cidr,
    target: target.cidr,
    protocol: proto === 'any' ? undefined : proto,
    ports,
  };
}
