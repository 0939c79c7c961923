import { hasHostBits, parseAddress, prefixLength, toCidr } from '../model/address.ts';
import { familyOf } from '../model/block.ts';
import type { Family, Origin } from '../model/config.ts';
import type { RouteInFile, RoutingInFile, RuleInFile } from '../model/networks-file.ts';
import type { RouteEntry, RoutingEntry, RuleEntry, SysctlEntry } from '../model/routing.ts';
import { readMark } from './marks.ts';
import { quote, type Report, watching, within } from './problem.ts';

/** The names the kernel's tables have on every host (rt_tables). */
const tables = { main: 254, default: 253, local: 255 } as const;

/** The routing an entry of the file declares, without what is wrong in it; that is reported. */
export function readRouting(entry: RoutingInFile, origin: Origin, report: Report): RoutingEntry {
  return {
    origin,
    in: entry.in ?? 'host',
    routes: (entry.routes ?? []).flatMap(
      (route, index) => readRoute(route, within(origin, 'routes', index), report) ?? [],
    ),
    rules: (entry.rules ?? []).flatMap(
      (rule, index) => readRule(rule, within(origin, 'rules', index), report) ?? [],
    ),
    sysctls: Object.entries(entry.sysctls ?? {}).map(
      ([key, value]): SysctlEntry => ({ origin: within(origin, 'sysctls', key), key, value: String(value) }),
    ),
  };
}

interface Fields {
  readonly address: (field: 'via' | 'src', text: string | undefined) => string | undefined;
  readonly cidr: (field: 'to' | 'from', text: string | undefined) => string | undefined;
  readonly say: (field: string, message: string, hint?: string) => void;
  readonly isSound: () => boolean;
}

function fieldsOf(origin: Origin, report: Report): Fields {
  const watched = watching(report);
  const say: Fields['say'] = (field, message, hint) => {
    const at = field === '' ? origin : within(origin, field);
    watched.report({
      severity: 'error',
      code: 'routing',
      origin: at,
      message,
      ...(hint !== undefined && { hint }),
    });
  };
  return {
    say,
    isSound: () => !watched.sawError(),
    address: (field, text) => {
      const address = text === undefined ? undefined : parseAddress(text);
      if (text !== undefined && address === undefined) say(field, `${field}: ${quote(text)} is no address`);
      return address;
    },
    cidr: (field, text) => {
      if (text === undefined) return undefined;
      const cidr = canonical(text);
      if (cidr === undefined) say(field, `${field}: ${quote(text)} is no address or subnet`);
      else if (hasHostBits(text)) {
        const message = `${field}: ${text} has bits set beyond its prefix; taken as ${cidr}`;
        report({
          severity: 'warning',
          code: 'host-bits',
          origin: within(origin, field),
          message,
          hint: `write ${cidr}`,
        });
      }
      return cidr;
    },
  };
}

function canonical(text: string): string | undefined {
  const [address = '', prefix] = text.split('/');
  const parsed = parseAddress(address);
  if (parsed === undefined) return undefined;
  if (prefix === undefined) return toCidr(parsed);
  return Number(prefix) <= (familyOf(parsed) === 4 ? 32 : 128)
    ? toCidr(`${parsed}/${Number(prefix)}`)
    : undefined;
}

function readRoute(entry: RouteInFile, origin: Origin, report: Report): RouteEntry | undefined {
  const fields = fieldsOf(origin, report);
  const { dev, metric } = entry;
  const type = entry.type ?? 'unicast';
  const cidr = entry.to === 'default' ? undefined : fields.cidr('to', entry.to);
  const via = fields.address('via', entry.via);
  const src = fields.address('src', entry.src);
  const family = familyFrom([cidr, via, src], fields);
  if (type === 'unicast' && via === undefined && dev === undefined) {
    fields.say(
      '',
      `the route to ${entry.to} has neither via nor dev`,
      'add via: (the next hop) or dev: (the interface)',
    );
  }
  if (type !== 'unicast' && (via !== undefined || dev !== undefined)) {
    fields.say(via === undefined ? 'dev' : 'via', `a ${type} route leads nowhere: no via, no dev`);
  }
  if (!fields.isSound()) return undefined;
  return {
    origin,
    family,
    to: cidr === undefined || prefixLength(cidr) === 0 ? 'default' : cidr,
    ...(via !== undefined && { via }),
    ...(dev !== undefined && { dev }),
    table: tableOf(entry.table),
    ...(metric !== undefined && { metric }),
    ...(src !== undefined && { src }),
    type,
  };
}

function readRule(entry: RuleInFile, origin: Origin, report: Report): RuleEntry | undefined {
  const fields = fieldsOf(origin, report);
  const { iif, oif, priority } = entry;
  const from = fields.cidr('from', entry.from);
  const to = fields.cidr('to', entry.to);
  const fwmark =
    entry.fwmark === undefined
      ? undefined
      : readMark(entry.fwmark, 'fwmark', (text) => fields.say('fwmark', text));
  const family = familyFrom([from, to], fields);
  if (!fields.isSound()) return undefined;
  const narrowing = (cidr: string | undefined): cidr is string =>
    cidr !== undefined && prefixLength(cidr) > 0;
  return {
    origin,
    family,
    ...(narrowing(from) && { from }),
    ...(narrowing(to) && { to }),
    ...(fwmark !== undefined && { fwmark }),
    ...(iif !== undefined && { iif }),
    ...(oif !== undefined && { oif }),
    table: tableOf(entry.table),
    ...(priority !== undefined && { priority }),
  };
}

function tableOf(table: string | number | undefined): number {
  if (typeof table === 'number') return table;
  return table === 'default' || table === 'local' ? tables[table] : tables.main;
}

/** The family of the addresses, IPv4 when there are none, as with `ip`. */
function familyFrom(addresses: readonly (string | undefined)[], fields: Fields): Family {
  const families = new Set(addresses.flatMap((address) => (address === undefined ? [] : familyOf(address))));
  if (families.size > 1) fields.say('', 'IPv4 and IPv6 addresses in one entry');
  const [family = 4] = families;
  return family;
}

/** Reports routes, rules and sysctls that one namespace would have twice. */
export function checkRouting(routing: readonly RoutingEntry[], report: Report): void {
  const seen = new Map<string, Origin>();
  const once = (origin: Origin, what: string, key: readonly unknown[]): void => {
    const id = JSON.stringify([what, ...key]);
    const also = seen.get(id);
    if (also === undefined) seen.set(id, origin);
    else report({ severity: 'error', code: 'routing', origin, message: `this ${what} is there twice`, also });
  };
  for (const entry of routing) {
    for (const { origin, family, to, table, metric } of entry.routes)
      once(origin, 'route', [entry.in, family, to, table, metric]);
    for (const { origin, ...rule } of entry.rules) once(origin, 'rule', [entry.in, rule]);
    for (const { origin, key } of entry.sysctls) once(origin, 'sysctl', [entry.in, key]);
  }
}
