import type { PolicyEntry } from '../model/config.ts';
import type { PortRange } from '../model/ruleset.ts';
import type { LabelledPort } from './port-label.ts';

/** Who has a port: a policy of the file, or a container by its label. */
interface Claimant {
  /** Who claims twice does not stand in his own way. */
  readonly id: string;
  /** As it is told to whoever comes later. */
  readonly name: string;
}

export interface Claim {
  readonly protocol: LabelledPort['protocol'];
  readonly ports: PortRange;
  /** The interface that packets come in by; absent: every one. */
  readonly iface?: string | undefined;
  readonly claimant: Claimant;
}

/** What of a claim is free, and what somebody else has already. */
interface Granted {
  readonly free: readonly PortRange[];
  readonly taken: readonly Pick<Claim, 'ports' | 'claimant'>[];
}

/** The ports of one namespace: who comes first has them. */
export interface Claims {
  take(claim: Claim): Granted;
}

/** Nobody has anything yet. Most claims are of one port: those that may stand in the way of one are found by it. */
export function noClaims(): Claims {
  const known: Claim[] = [];
  const wide: Claim[] = [];
  const single = new Map<string, Claim[]>();
  const around = ({ protocol, ports: { from, to } }: Claim): readonly Claim[] =>
    from === to ? [...(single.get(`${protocol} ${from}`) ?? []), ...wide] : known;
  const remember = (claim: Claim): void => {
    const { protocol, ports } = claim;
    known.push(claim);
    if (ports.from !== ports.to) wide.push(claim);
    else single.set(`${protocol} ${ports.from}`, [...(single.get(`${protocol} ${ports.from}`) ?? []), claim]);
  };
  return {
    take: (claim) => {
      const taken: Pick<Claim, 'ports' | 'claimant'>[] = [];
      let free: readonly PortRange[] = [claim.ports];
      for (const earlier of around(claim)) {
        if (earlier.protocol !== claim.protocol || !isIn(claim.iface, earlier.iface)) continue;
        const lost = free.flatMap((range) => shared(range, earlier.ports));
        if (lost.length === 0) continue;
        free = free.flatMap((range) => without(range, earlier.ports));
        if (earlier.claimant.id === claim.claimant.id) continue;
        taken.push(...lost.map((ports) => ({ ports, claimant: earlier.claimant })));
      }
      for (const ports of free) remember({ ...claim, ports });
      return { free, taken };
    },
  };
}

/** The claims of a DNAT in the file; one that is for some clients alone leaves the others to whoever comes after it. */
export function claimsOfPolicy(policy: PolicyEntry, title: string): readonly Claim[] {
  const { nat, from, proto, ports, iface } = policy;
  if (nat !== 'dnat' || proto === 'icmp' || (from !== undefined && !from.includes('any'))) return [];
  const claimant = { id: `policy ${policy.index}`, name: title };
  const protocols = proto === 'any' ? (['tcp', 'udp', 'sctp'] as const) : [proto];
  const ranges = ports.length === 0 ? [{ from: 0, to: 65_535 }] : ports;
  return protocols.flatMap((protocol) =>
    ranges.map((range) => ({ protocol, ports: range, iface, claimant })),
  );
}

/** Whether all that comes in by the one interface comes in by what the other stands for. */
function isIn(iface: string | undefined, other: string | undefined): boolean {
  if (other === undefined) return true;
  if (other.endsWith('+')) return iface?.startsWith(other.slice(0, -1)) === true;
  return iface === other;
}

function shared(one: PortRange, other: PortRange): readonly PortRange[] {
  const range = { from: Math.max(one.from, other.from), to: Math.min(one.to, other.to) };
  return range.from <= range.to ? [range] : [];
}

function without(range: PortRange, other: PortRange): readonly PortRange[] {
  const below = { from: range.from, to: Math.min(range.to, other.from - 1) };
  const above = { from: Math.max(range.from, other.to + 1), to: range.to };
  return [below, above].filter(({ from, to }) => from <= to);
}
