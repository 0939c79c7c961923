import { containsAddress } from '../model/address.ts';
import type { Peer } from './names.ts';
import type { ResolvedPolicy } from './resolved-policy.ts';

/** The network that the target is in, as far as it is known. */
export function homeOf(
  { home, names }: ResolvedPolicy,
  { cidr }: Peer,
): { readonly network: string; readonly subnet?: string } | undefined {
  if (cidr === undefined) return undefined;
  if (home === undefined) return names.managedSubnet(cidr);
  const [address = cidr] = cidr.split('/');
  const subnet = home.subnets.find((each) => containsAddress(each, address));
  return { network: home.network, ...(subnet !== undefined && { subnet }) };
}
