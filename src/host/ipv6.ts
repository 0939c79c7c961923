import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hostNamespace } from '../model/namespace.ts';
import type { Place } from './place.ts';

/**
 * Whether IPv6 can matter in a namespace: on the host when the kernel has it at all (booted with ipv6.disable=1 its tools only fail),
 * in a container's when any interface but the loopback has an address. Docker switches IPv6 off where no network of the container has it.
 */
export function usesIpv6(place: Pick<Place, 'id' | 'procNet'>): boolean {
  try {
    const addresses = readFileSync(join(place.procNet, 'if_inet6'), 'latin1');
    return (
      place.id === hostNamespace ||
      addresses.split('\n').some((line) => /\S/.test(line) && !line.endsWith(' lo'))
    );
  } catch {
    return false;
  }
}
