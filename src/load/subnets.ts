import {
  broadcastAddress,
  containsAddress,
  containsCidr,
  hasHostBits,
  networkAddress,
  overlaps,
  parseAddress,
  parseCidr,
  prefixLength,
} from '../model/address.ts';
import { familyOf } from '../model/block.ts';
import type { Family, Origin, SubnetEntry } from '../model/config.ts';
import type { NetworkInFile } from '../model/networks-file.ts';
import { quote, type Report, watching, within } from './problem.ts';

/** A text and where it stands. */
interface Written {
  readonly text: string;
  readonly origin: Origin;
}

/** Wider subnets, or these, would take the host's own traffic away. */
const widest = { 4: 8, 6: 16 } as const;
const neverLocal = ['0.0.0.0/8', '127.0.0.0/8', '224.0.0.0/3', '::/16', 'fe80::/10', 'ff00::/8'];

/** The subnets of a network's entry, IPv4 before IPv6, each with its gateway and range; undefined, and reported, when something of them is wrong. */
export function readSubnets(
  entry: NetworkInFile,
  origin: Origin,
  report: Report,
): readonly SubnetEntry[] | undefined {
  const subnets = byFamily(entry.subnet, within(origin, 'subnet'), 'subnet', readCidr, report);
  const gateways = byFamily(entry.gateway, within(origin, 'gateway'), 'gateway', readAddress, report);
  const ranges = byFamily(entry.ip_range, within(origin, 'ip_range'), 'ip_range', readCidr, report);
  if (subnets === undefined || gateways === undefined || ranges === undefined) return undefined;
  const watched = watching(report);
  for (const written of subnets.values()) checkSubnet(written, watched.report);
  for (const [family, gateway] of gateways)
    checkGateway(gateway, subnets.get(family)?.text, family, watched.report);
  for (const [family, range] of ranges) checkRange(range, subnets.get(family)?.text, family, watched.report);
  if (watched.sawError()) return undefined;
  return [...subnets]
    .sort(([a], [b]) => a - b)
    .map(([family, { text }]) => {
      const gateway = gateways.get(family)?.text;
      const ipRange = ranges.get(family)?.text;
      return {
        family,
        subnet: text,
        ...(gateway !== undefined && { gateway }),
        ...(ipRange !== undefined && { ipRange }),
      };
    });
}

function writtenIn(value: string | readonly string[] | undefined, origin: Origin): readonly Written[] {
  if (value === undefined) return [];
  if (typeof value === 'string') return [{ text: value, origin }];
  return value.map((text, index) => ({ text, origin: within(origin, index) }));
}

/** One of each family at most, canonical; undefined, and reported, when something is not. */
function byFamily(
  value: string | readonly string[] | undefined,
  origin: Origin,
  field: string,
  read: (written: Written, field: string, report: Report) => string | undefined,
  report: Report,
): ReadonlyMap<Family, Written> | undefined {
  const found = new Map<Family, Written>();
  let sound = true;
  for (const written of writtenIn(value, origin)) {
    const text = read(written, field, report);
    const family = text === undefined ? 4 : familyOf(text);
    if (text !== undefined && found.has(family)) {
      const message = `a second IPv${family} ${field}: a network has one of each family`;
      report({ severity: 'error', code: 'family', origin: written.origin, message });
    }
    if (text === undefined || found.has(family)) sound = false;
    else found.set(family, { text, origin: written.origin });
  }
  return sound ? found : undefined;
}

function readCidr({ text, origin }: Written, field: string, report: Report): string | undefined {
  const cidr = parseCidr(text);
  if (cidr === undefined) {
    const message = `${field}: ${quote(text)} is no subnet`;
    const hint = "an address and how many bits are the network's, such as 172.18.103.0/24 or fd00:104::/64";
    report({ severity: 'error', code: 'address', origin, message, hint });
  } else if (hasHostBits(text)) {
    const message = `${field}: ${text} has bits set beyond its prefix; taken as ${cidr}`;
    report({ severity: 'warning', code: 'host-bits', origin, message, hint: `write ${cidr}` });
  }
  return cidr;
}

function readAddress({ text, origin }: Written, field: string, report: Report): string | undefined {
  const address = parseAddress(text);
  if (address === undefined) {
    report({ severity: 'error', code: 'address', origin, message: `${field}: ${quote(text)} is no address` });
  }
  return address;
}

function checkSubnet({ text, origin }: Written, report: Report): void {
  const least = widest[familyOf(text)];
  const message =
    prefixLength(text) < least
      ? `subnet ${text} is too wide: /${least} at most`
      : neverLocal.some((block) => overlaps(block, text))
        ? `subnet ${text} holds addresses no container can have`
        : undefined;
  if (message !== undefined) report({ severity: 'error', code: 'subnet', origin, message });
}

function checkGateway(
  { text, origin }: Written,
  subnet: string | undefined,
  family: Family,
  report: Report,
): void {
  const error = { severity: 'error', code: 'gateway', origin } as const;
  if (subnet === undefined) {
    report({ ...error, code: 'family', message: `gateway ${text}: the network has no IPv${family} subnet` });
  } else if (!containsAddress(subnet, text)) {
    report({ ...error, message: `gateway ${text} is outside its subnet ${subnet}` });
  } else if (
    text === broadcastAddress(subnet) ||
    (text === networkAddress(subnet) && broadcastAddress(subnet))
  ) {
    report({ ...error, message: `gateway ${text} is the network or broadcast address of ${subnet}` });
  }
}

function checkRange(
  { text, origin }: Written,
  subnet: string | undefined,
  family: Family,
  report: Report,
): void {
  const error = { severity: 'error', code: 'ip-range', origin } as const;
  if (subnet === undefined) {
    report({ ...error, code: 'family', message: `ip_range ${text}: the network has no IPv${family} subnet` });
  } else if (!containsCidr(subnet, text)) {
    report({ ...error, message: `ip_range ${text} is outside its subnet ${subnet}` });
  }
}
