import type { Config, PolicyEntry } from '../model/config.ts';
import { indexNames, matchName, type NameIndex } from '../model/names.ts';
import { familiesOf } from './name-families.ts';
import { targetsOf } from './policy-targets.ts';
import type { Report } from './problem.ts';

/** Reports DNATs of which the first would take all packets: same place, interface, sources, protocol and family, and ports that overlap. */
export function checkDnats(config: Config, report: Report): void {
  const index = indexNames(config);
  const claims = new Map<
    string,
    { readonly from: number; readonly to: number; readonly policy: PolicyEntry }[]
  >();
  for (const policy of config.policies) {
    if (policy.nat !== 'dnat') continue;
    const ports = policy.ports.length === 0 ? [{ from: 0, to: 65535 }] : policy.ports;
    for (const key of claimKeys(policy, index)) {
      const group = claims.get(key) ?? [];
      claims.set(key, group);
      for (const range of ports) group.push({ ...range, policy });
    }
  }
  const said = new Set<PolicyEntry>();
  for (const group of claims.values()) {
    let [reaching] = group.sort((a, b) => a.from - b.from || a.policy.index - b.policy.index);
    for (const claim of group.slice(1)) {
      if (reaching !== undefined && claim.from <= reaching.to && claim.policy !== reaching.policy) {
        const [first, second] = [reaching.policy, claim.policy].sort((a, b) => a.index - b.index);
        if (first !== undefined && second !== undefined && !said.has(second)) {
          said.add(second);
          const message = 'a second DNAT for the same interface, port and protocol';
          report({
            severity: 'error',
            code: 'duplicate-dnat',
            origin: second.origin,
            message,
            also: first.origin,
          });
        }
      }
      if (reaching === undefined || claim.to > reaching.to) reaching = claim;
    }
  }
}

function claimKeys(policy: PolicyEntry, index: NameIndex): readonly string[] {
  const place =
    policy.in ?? (policy.iface === undefined ? (policy.selector ?? policy.containerName) : 'host');
  const protocols = policy.proto === 'any' ? ['tcp', 'udp', 'sctp', 'icmp'] : [policy.proto];
  const families = new Set(targetsOf(policy).names.flatMap((name) => familiesOf(matchName(name, index))));
  const sources = [...(policy.from ?? [])].sort();
  return protocols.flatMap((protocol) =>
    [...families].map((family) => JSON.stringify([place, policy.iface, sources, protocol, family])),
  );
}
