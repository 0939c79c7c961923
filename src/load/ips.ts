import { broadcastAddress, containsAddress, networkAddress, parseAddress } from '../model/address.ts';
import { familyOf } from '../model/block.ts';
import type { IpEntry, NetworkEntry, Origin, SubnetEntry } from '../model/config.ts';
import type { IpInFile } from '../model/networks-file.ts';
import { type FindNetwork, whereIp } from './find-network.ts';
import { quote, type Report, within } from './problem.ts';

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
    const message =
      entry.ip === undefined
        ? `${quote(key)} has no ip, and is no address itself`
        : `${quote(entry.ip)} is no address`;
    report({ severity: 'error', code: 'address', ...whereIp(entry, origin), message });
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
  const at = whereIp(entry, origin);
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
