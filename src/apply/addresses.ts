import { NetwrightError } from '../errors.ts';
import type { Host } from '../host/host.ts';
import { announce, findInterface } from '../host/link-address.ts';
import { addressArguments } from '../iproute/render.ts';
import { toCidr } from '../model/address.ts';
import { familyOf } from '../model/block.ts';
import type { AddAddress, RemoveAddress } from '../model/routing-operations.ts';
import { change } from './change.ts';

/** Adds the address where the container is in its network, and has the neighbours know. */
export async function addAddress(
  host: Host,
  { namespace, address, beside }: AddAddress,
  signal: AbortSignal,
): Promise<void> {
  await change(host, namespace, async (place) => {
    const link = await findInterface(place, beside, address, signal);
    if (link === undefined)
      throw new NetwrightError('COMMAND_FAILED', `no interface has an address in ${beside.join(' or ')}`);
    const family = `-${familyOf(address)}`;
    const words = addressArguments(address, link.name, host.ownership);
    await place.run(['ip', family, 'address', 'replace', ...words], { signal });
    await announce(place, link, signal);
  });
}

/** Takes the address away; one that went with its interface is as good. */
export async function removeAddress(
  host: Host,
  { namespace, address, dev }: RemoveAddress,
  signal: AbortSignal,
): Promise<void> {
  const words = ['address', 'del', toCidr(address), 'dev', dev];
  await change(host, namespace, (place) =>
    place.run(['ip', `-${familyOf(address)}`, ...words], { signal, accept: [0, 1, 2] }),
  );
}
