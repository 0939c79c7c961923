import type { Interface, InterfaceAddress } from '../model/namespace.ts';
import type { Ownership } from '../model/ownership.ts';
import { type Entry, entriesOf, isEntry, readAddress, textOf } from './entries.ts';

/** The interfaces in the output of `ip -j link`, or of `ip -j addr` where their addresses are not asked for. Throws only for what is not JSON. */
export function parseLinks(json: string): readonly Interface[] {
  return entriesOf(json).flatMap((entry) => readLink(entry) ?? []);
}

/** The interfaces in the output of `ip -j addr`, with their addresses. Throws only for what is not JSON. */
export function parseAddressedLinks(json: string, ownership: Ownership): readonly Interface[] {
  return entriesOf(json).flatMap((entry) => {
    const link = readLink(entry);
    return link === undefined ? [] : [{ ...link, addresses: addressesOf(entry, ownership) }];
  });
}

function readLink({ ifname, ifindex, flags, master, link_index: peer }: Entry): Interface | undefined {
  const name = textOf(ifname);
  if (name === undefined || typeof ifindex !== 'number') return undefined;
  return {
    name,
    index: ifindex,
    isUp: Array.isArray(flags) && flags.includes('UP'),
    ...(typeof master === 'string' && { bridge: master }),
    ...(typeof peer === 'number' && { peer }),
  };
}

/** An address has no protocol that every `ip` can write (iproute2 6.4), so what marks it as ours is its metric, which is of no use to a single one. */
function addressesOf({ addr_info: found }: Entry, ownership: Ownership): readonly InterfaceAddress[] {
  return (Array.isArray(found) ? found.filter(isEntry) : []).flatMap(({ local, prefixlen, metric }) => {
    const address = readAddress(local);
    if (address === undefined || typeof prefixlen !== 'number') return [];
    return { address, prefix: prefixlen, owned: textOf(metric) === `${ownership.routeProtocol}` };
  });
}

/** The addresses of all interfaces in the output of `ip -j addr`. Throws only for what is not JSON. */
export function parseAddresses(json: string): readonly string[] {
  return entriesOf(json).flatMap(({ addr_info: found }) =>
    (Array.isArray(found) ? found.filter(isEntry) : []).flatMap(({ local }) => readAddress(local) ?? []),
  );
}
