import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { Place } from './place.ts';

/** Whether the kernel has IPv6 at all; booted with ipv6.disable=1 its tools only fail. */
export async function hasIpv6(place: Pick<Place, 'procNet'>): Promise<boolean> {
  return access(join(place.procNet, 'if_inet6')).then(
    () => true,
    () => false,
  );
}
