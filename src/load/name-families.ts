import type { Family } from '../model/config.ts';
import type { NameMatch } from '../model/names.ts';

/** The families a name's addresses are of; both when they are not known yet. */
export function familiesOf(match: NameMatch): readonly Family[] {
  if (match.kind === 'address') return [match.cidr.includes(':') ? 6 : 4];
  if (match.kind === 'ips') return match.entries.map((entry) => entry.family);
  if (match.kind === 'network') return match.network.subnets.map((subnet) => subnet.family);
  return [4, 6];
}
