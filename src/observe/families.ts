import { usesIpv6 } from '../host/ipv6.ts';
import type { Place } from '../host/place.ts';
import type { DesiredNamespace } from '../model/desired.ts';
import type { Family } from '../model/ruleset.ts';

/** IPv6 only where it matters: without it a container's namespace is read by half as many processes. */
export function familiesOf(
  place: Pick<Place, 'id' | 'procNet'>,
  desired: DesiredNamespace | undefined,
): readonly Family[] {
  const named: readonly { readonly family: Family }[] = [
    ...(desired?.tables ?? []),
    ...(desired?.routes ?? []),
    ...(desired?.rules ?? []),
  ];
  return named.some(({ family }) => family === 6) || usesIpv6(place) ? [4, 6] : [4];
}
