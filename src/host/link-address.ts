import { parseJson } from '../iproute/json.ts';
import { containsAddress, sameAddress } from '../model/address.ts';
import { generatedMacAddress } from '../model/mac-address.ts';
import { interfaceSysctl } from '../model/sysctl.ts';
import { fieldsOf, listOf, textOf } from './answer.ts';
import type { NewEndpoint } from './engine.ts';
import type { Place } from './place.ts';
import { readSysctls, writeSysctl } from './sysctl.ts';

/**
 * Endpoint driver option that keeps a declared MAC on engines that have no such thing for an endpoint: Docker takes `MacAddress` of
 * a connect without a word and ignores it (measured on 20.10, 26 and 28), and refuses its own driver option for it, 28 in silence.
 */
export const macOption = 'io.netwright.mac';

/** An interface and its MAC, lower case. */
interface Link {
  readonly name: string;
  readonly macAddress: string;
  readonly addresses: readonly string[];
}

/** The MAC of the interface that has this address. */
export async function readMacAddress(
  place: Place,
  address: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  return (await findLink(place, address, signal))?.macAddress;
}

/** Gives the interface that has this address another MAC, while it is up: nothing else about it changes. */
export async function setMacAddress(
  place: Place,
  address: string,
  macAddress: string,
  signal: AbortSignal,
): Promise<void> {
  const link = await findLink(place, address, signal);
  if (link === undefined) throw new Error(`no interface has the address ${address}`);
  if (link.macAddress === macAddress) return;
  await place.run(['ip', 'link', 'set', 'dev', link.name, 'address', macAddress], { signal });
}

async function findLink(place: Place, address: string, signal: AbortSignal): Promise<Link | undefined> {
  const links = parseLinkAddresses(await place.run(['ip', '-j', 'address', 'show'], { signal }));
  return links.find((link) => link.addresses.some((one) => sameAddress(one, address)));
}

/** The interface that has another address in one of these subnets. */
export async function findInterface(
  place: Place,
  subnets: readonly string[],
  except: string,
  signal: AbortSignal,
): Promise<Link | undefined> {
  const links = parseLinkAddresses(await place.run(['ip', '-j', 'address', 'show'], { signal }));
  return links.find(({ addresses }) =>
    addresses.some((one) => one !== except && subnets.some((subnet) => containsAddress(subnet, one))),
  );
}

/**
 * Has the neighbours of an interface know whose its addresses are: the kernel tells them, by gratuitous ARP and unsolicited
 * neighbour advertisement, when an interface is given a MAC, be it the one that it has (devinet.c, ndisc.c: NETDEV_CHANGEADDR).
 */
export async function announce(place: Place, { name, macAddress }: Link, signal: AbortSignal): Promise<void> {
  const keys = ([4, 6] as const).map((family) =>
    interfaceSysctl(family, name, family === 4 ? 'arp_notify' : 'ndisc_notify'),
  );
  const before = await readSysctls(place, keys, signal);
  const silent = [...before].filter(([, value]) => value === '0').map(([key]) => key);
  for (const key of silent) await writeSysctl(place, key, '1', signal);
  await place.run(['ip', 'link', 'set', 'dev', name, 'address', macAddress], { signal });
  for (const key of silent) await writeSysctl(place, key, '0', signal);
}

/** Has the neighbours of the interface that has this address know of it; where none has it there is nothing to tell. */
export async function announceAddress(place: Place, address: string, signal: AbortSignal): Promise<void> {
  const link = await findLink(place, address, signal);
  if (link !== undefined) await announce(place, link, signal);
}

/** The interfaces in the output of `ip -j address show`. */
export function parseLinkAddresses(json: string): readonly Link[] {
  return listOf(parseJson(json)).map((entry) => {
    const link = fieldsOf(entry);
    return {
      name: textOf(link['ifname']),
      macAddress: textOf(link['address']).toLowerCase(),
      addresses: listOf(link['addr_info']).map((info) => textOf(fieldsOf(info)['local'])),
    };
  });
}

/** The MAC that is ours to set on an engine that keeps none: one it would not choose by itself. */
export function ownMacAddress({
  addresses,
  macAddress,
}: Pick<NewEndpoint, 'addresses' | 'macAddress'>): string | undefined {
  if (macAddress === undefined) return undefined;
  return addresses.some((address) => generatedMacAddress(address) === macAddress) ? undefined : macAddress;
}
