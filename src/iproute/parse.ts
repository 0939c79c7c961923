import { parseCidr } from '../model/address.ts';
import type { ObservedRoute, ObservedRoutingRule, Route } from '../model/namespace.ts';
import type { Ownership } from '../model/ownership.ts';
import type { Family } from '../model/ruleset.ts';
import { type Entry, entriesOf, isEntry, readAddress, textOf } from './entries.ts';

const localTable = 255;
const mainTable = 254;

/** Names as ip prints them, and the numbers it prints with -N (rtnetlink.h); other types are the kernel's own affair. */
const routeTypes: ReadonlyMap<string, Route['type']> = new Map([
  ['unicast', 'unicast'],
  ['1', 'unicast'],
  ['blackhole', 'blackhole'],
  ['6', 'blackhole'],
  ['unreachable', 'unreachable'],
  ['7', 'unreachable'],
  ['prohibit', 'prohibit'],
  ['8', 'prohibit'],
]);

/** The names that need no file to be understood. */
const tableNumbers: ReadonlyMap<string, number> = new Map([
  ['default', 253],
  ['main', mainTable],
  ['local', localTable],
]);

/** What else a route can be told apart by, a lifetime included, as one that a router advertised has; it cannot be said in our words. */
const unsaidOfRoutes = ['from', 'tos', 'expires'];
const unsaidOfRules = [
  'not',
  'action',
  'goto',
  'nop',
  'l3mdev',
  'tos',
  'dsfield',
  'ipproto',
  'sport',
  'sport_start',
  'dport',
  'dport_start',
  'uid_start',
  'tun_id',
  'flow_to',
  'suppress_prefixlen',
  'suppress_ifgroup',
];

/**
 * The routes in the output of `ip -N -j route show table all`, which lists both families (-N: numbers, whatever names the machine
 * gives its tables and protocols). What others have in the local table, multicast and what cannot be said as a `Route` are left out. An IPv6 route that was
 * given no metric has the kernel's, 1024. Throws only for what is not JSON.
 */
export function parseRoutes(json: string, ownership: Ownership): readonly ObservedRoute[] {
  return entriesOf(json)
    .flatMap(singleHops)
    .flatMap((entry) => readRoute(entry, ownership) ?? []);
}

/**
 * The rules in the output of `ip -N -j -4 rule` or `ip -N -j -6 rule`, which do not say their family. The kernel's own rule for
 * the local table is left out, and so is what cannot be said as a `RoutingRule`. Throws only for what is not JSON.
 */
export function parseRules(
  json: string,
  family: Family,
  ownership: Ownership,
): readonly ObservedRoutingRule[] {
  return entriesOf(json).flatMap((entry) => readRule(entry, family, ownership) ?? []);
}

/** IPv6 routes that differ in their next hop alone are listed as one, and added and removed one by one. */
function singleHops(entry: Entry): readonly Entry[] {
  const { nexthops } = entry;
  if (!('pref' in entry) || !Array.isArray(nexthops)) return [entry];
  return nexthops.filter(isEntry).map((hop) => ({ ...entry, ...hop }));
}

function readRoute(entry: Entry, ownership: Ownership): ObservedRoute | undefined {
  // The kernel gives every IPv6 route a preference and no IPv4 route one (RFC 4191): all that tells two default routes apart.
  const family = 'pref' in entry ? 6 : 4;
  const type = routeTypes.get(textOf(entry['type']) ?? 'unicast');
  const to = readDestination(entry['dst'], family);
  const table = readTable(entry['table'] ?? 'main');
  if (type === undefined || to === undefined || table === undefined) return undefined;
  const owned = isOwned(entry, ownership);
  if (unsaidOfRoutes.some((key) => key in entry) || (table === `${localTable}` && !owned)) return undefined;
  const via = readGateway(entry);
  const dev = type === 'unicast' ? textOf(entry['dev']) : undefined;
  const metric = readMetric(entry['metric']);
  const src = readAddress(entry['prefsrc']);
  return {
    family,
    type,
    to,
    ...(via !== undefined && { via }),
    ...(dev !== undefined && { dev }),
    table,
    ...(metric !== undefined && { metric }),
    ...(src !== undefined && { src }),
    owned,
  };
}

/** `via` is what ip prints for a gateway of the other family. */
function readGateway(entry: Entry): string | undefined {
  const { via } = entry;
  return readAddress(entry['gateway'] ?? (isEntry(via) ? via['host'] : undefined));
}

/** No metric is metric 0 to IPv4, which prints none; IPv6 makes it 1024 (IP6_RT_PRIO_USER), and prints that. */
function readMetric(value: unknown): number | undefined {
  return typeof value === 'number' && value !== 0 ? value : undefined;
}

function readRule(entry: Entry, family: Family, ownership: Ownership): ObservedRoutingRule | undefined {
  const { priority } = entry;
  const table = readTable(entry['table']);
  const from = readSelector(entry['src'], entry['srclen'], family);
  const to = readSelector(entry['dst'], entry['dstlen'], family);
  const fwmark = readMark(entry['fwmark'], entry['fwmask']);
  if (table === undefined || table === `${localTable}`) return undefined;
  if (from === null || to === null || fwmark === null) return undefined;
  if (typeof priority !== 'number' || unsaidOfRules.some((key) => key in entry)) return undefined;
  const iif = textOf(entry['iif']);
  const oif = textOf(entry['oif']);
  return {
    family,
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(fwmark !== undefined && { fwmark }),
    ...(iif !== undefined && { iif }),
    ...(oif !== undefined && { oif }),
    table,
    priority,
    owned: isOwned(entry, ownership),
  };
}

/** The addresses a rule is for; undefined is all of them, null what cannot be read. */
function readSelector(address: unknown, length: unknown, family: Family): string | undefined | null {
  if (address === undefined || address === 'all') return undefined;
  const suffix = typeof length === 'number' ? `/${length}` : '';
  return readDestination(`${textOf(address) ?? ''}${suffix}`, family) ?? null;
}

/** `0x2`, or `0x2/0xff`; ip prints zero without 0x. */
function readMark(mark: unknown, mask: unknown): string | undefined | null {
  if (mark === undefined) return undefined;
  const [value, bits] = [Number(textOf(mark)), Number(textOf(mask) ?? 0xffffffff)];
  if (!Number.isInteger(value) || !Number.isInteger(bits)) return null;
  return `0x${value.toString(16)}${bits === 0xffffffff ? '' : `/0x${bits.toString(16)}`}`;
}

/** ip leaves the length of a single address out. */
function readDestination(value: unknown, family: Family): string | undefined {
  const text = textOf(value);
  if (text === undefined || text === 'default') return text;
  return parseCidr(text.includes('/') ? text : `${text}/${family === 4 ? 32 : 128}`);
}

function readTable(value: unknown): string | undefined {
  const text = textOf(value) ?? '';
  const number = tableNumbers.get(text) ?? (/^[0-9]{1,10}$/.test(text) ? Number(text) : undefined);
  return number === mainTable ? 'main' : number?.toString();
}

function isOwned(entry: Entry, ownership: Ownership): boolean {
  return textOf(entry['protocol']) === `${ownership.routeProtocol}`;
}
