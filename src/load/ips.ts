import { broadcastAddress, containsAddress, networkAddress, parseAddress } from '../model/address.ts';
import { familyOf } from '../model/block.ts';
import { indexByCidr } from '../model/cidr-index.ts';
import type { IpEntry, NetworkEntry, Origin, SubnetEntry } from '../model/config.ts';
import { nearest } from '../model/names.ts';
import type { IpInFile } from '../model/networks-file.ts';
import { quote, type Report, within } from './problem.ts';

/** Finds the network an address belongs to; undefined, and perhaps reported, when none. */
export type FindNetwork = (
  ip: string,
  entry: IpInFile,
  origin: Origin,
  report: Report,
) => NetworkEntry | undefined;

/** The way to an address's network: by name, else by key, else by the subnet that holds it. `complete` is false when networks with mistakes were left out. */
export function networkFinder(networks: readonly NetworkEntry[], complete: boolean): FindNetwork {
  const named = new Map([
    ...networks.map((one) => [one.key, one] as const),
    ...networks.map((one) => [one.name, one] as const),
  ]);
  const holding = indexByCidr(
    networks.flatMap((one) => one.subnets.map(({ subnet }) => [subnet, one] as const)),
  );
  return (ip, entry, origin, report) => {
    const name = entry.network_name;
    if (name !== undefined) {
      const network = named.get(name);
      if (network === undefined && complete) {
        const near = nearest(name, named.keys());
        const hint = near === undefined ? undefined : `did you mean ${quote(near)}?`;
        const message = `no network is called ${quote(name)}`;
        report({
          severity: 'error',
          code: 'unknown-network',
          origin: within(origin, 'network_name'),
          message,
          ...(hint !== undefined && { hint }),
        });
      }
      return network;
    }
    const network = holding(ip);
    if (network === undefined && complete) reportOutside(ip, entry, origin, report);
    return network;
  };
}

function reportOutside(ip: string, entry: IpInFile, origin: Origin, report: Report): void {
  const at = {
    code: 'outside-subnet',
    origin: placeOf(entry, origin),
    atKey: entry.ip === undefined,
  } as const;
  if (entry.container_name !== undefined) {
    report({
      ...at,
      severity: 'error',
      message: `${ip} is in no subnet of the file's networks`,
      hint: 'declare its network, or correct the address',
    });
    return;
  }
  report({
    ...at,
    severity: 'warning',
    message: `${ip} is in no subnet of the file's networks: it is only a name for policies`,
  });
}

const placeOf = (entry: IpInFile, origin: Origin): Origin =>
  entry.ip === undefined ? origin : within(origin, 'ip');

/** The address an entry of the file declares; undefined, and reported, when it cannot be one. */
export function readIp(
  key: string,
  entry: IpInFile,
  origin: Origin,
  findNetwork: FindNetwork,
  report: Report,
): IpEntry | undefined {
  const ip = parseAddress(entry.ip ?? key);
  if (ip === undefined) {
    if (entry.ip === undefined) {
      report({
        severity: 'error',
        code: 'address',
        origin,
        atKey: true,
        message: `${quote(key)} has no ip, and is no address itself`,
      });
    } else {
      report({
        severity: 'error',
        code: 'address',
        origin: placeOf(entry, origin),
        message: `${quote(entry.ip)} is no address`,
      });
    }
    return undefined;
  }
  const keyAddress = parseAddress(key);
  if (keyAddress !== undefined && keyAddress !== ip) {
    const message = `the ip is ${ip}, its key says ${key}`;
    report({
      severity: 'warning',
      code: 'address',
      origin: within(origin, 'ip'),
      message,
      hint: 'the ip counts',
    });
  }
  // An address in the wrong place is still an address: policies that name it are checked all the same.
  const network = findNetwork(ip, entry, origin, report);
  if (network !== undefined) checkPlace(ip, network, entry, origin, report);
  const { container_name: containerName, selector, service_name: serviceName, mac_address: mac } = entry;
  return {
    origin,
    key,
    ip,
    family: familyOf(ip),
    ...(network !== undefined && { network: network.name }),
    ...(containerName !== undefined && { containerName }),
    ...(selector !== undefined && { selector }),
    ...(serviceName !== undefined && { serviceName }),
    aliases: [...new Set(entry.aliases ?? [])],
    ...(mac !== undefined && { macAddress: mac.toLowerCase() }),
    ...(entry.as_gateway === true && { asGateway: true }),
  };
}

function checkPlace(
  ip: string,
  network: NetworkEntry,
  entry: IpInFile,
  origin: Origin,
  report: Report,
): void {
  const at = { origin: placeOf(entry, origin), atKey: entry.ip === undefined };
  const subnet = network.subnets.find((one) => containsAddress(one.subnet, ip));
  if (subnet === undefined) {
    const message = `${ip} is outside the subnet of ${quote(network.name)} (${network.subnets.map((one) => one.subnet).join(', ')})`;
    report({ severity: 'error', code: 'outside-subnet', ...at, message });
    return;
  }
  const role = roleOf(ip, subnet);
  if (role === 'gateway' && entry.as_gateway === true) return;
  if (role !== undefined) {
    report({
      severity: 'error',
      code: 'reserved-address',
      ...at,
      message: `${ip} is the ${role} of ${quote(network.name)}`,
      ...(role === 'gateway' && { hint: 'as_gateway: true makes the container the gateway' }),
    });
  } else if (subnet.ipRange !== undefined && containsAddress(subnet.ipRange, ip)) {
    const message = `${ip} is in the ip_range of ${quote(network.name)}: the engine may give it to another container first`;
    report({
      severity: 'warning',
      code: 'ip-range',
      ...at,
      message,
      hint: `keep declared addresses outside ${subnet.ipRange}`,
    });
  }
}

function roleOf(ip: string, { subnet, gateway }: SubnetEntry): string | undefined {
  if (ip === gateway) return 'gateway';
  const broadcast = broadcastAddress(subnet);
  if (ip === broadcast) return 'broadcast address';
  return ip === networkAddress(subnet) && (broadcast !== undefined || ip.includes(':'))
    ? 'network address'
    : undefined;
}

/** Reports what two entries cannot both have: an address, a MAC address in a network, or a place of one family in it. */
export function checkIps(ips: readonly IpEntry[], report: Report): void {
  const owners = new Map<string, IpEntry>();
  const claim = (
    entry: IpEntry,
    key: string,
    message: string,
    isShared: (other: IpEntry) => boolean,
  ): void => {
    const other = owners.get(key);
    if (other === undefined) owners.set(key, entry);
    else if (!isShared(other)) {
      report({
        severity: 'error',
        code: 'claimed-twice',
        origin: entry.origin,
        atKey: true,
        message,
        also: other.origin,
      });
    }
  };
  for (const entry of ips) {
    const { ip, family, network, containerName, macAddress } = entry;
    const before = owners.size;
    claim(entry, `ip ${ip}`, `${ip} is claimed twice`, () => false);
    if (owners.size === before || network === undefined || containerName === undefined) continue;
    const place = `${quote(containerName)} in ${quote(network)}`;
    claim(entry, `place ${family} ${place}`, `${place} has a second IPv${family} address`, () => false);
    if (macAddress === undefined) continue;
    const isSame = (other: IpEntry): boolean => other.containerName === containerName;
    claim(
      entry,
      `mac ${network} ${macAddress}`,
      `${macAddress} is claimed twice in ${quote(network)}`,
      isSame,
    );
  }
}
