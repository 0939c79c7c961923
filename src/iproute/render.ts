import { parseAddress, parseCidr, toCidr } from '../model/address.ts';
import { familyOf } from '../model/block.ts';
import type { Route, RoutingRule } from '../model/namespace.ts';
import type { Ownership } from '../model/ownership.ts';
import type { Family } from '../model/ruleset.ts';

/** The arguments after `ip -4|-6 route add|del`, with our protocol: `del` then takes no route but ours; undefined takes anybody's. */
export function routeArguments(route: Route, ownership: Ownership | undefined): string[] {
  return [
    ...(route.type === 'unicast' ? [] : [route.type]),
    route.to === 'default' ? route.to : cidr(route.to, route.family),
    ...gatewayArguments(route),
    ...pair('dev', route.dev && name(route.dev)),
    ...pair('table', tableName(route.table)),
    ...pair('metric', route.metric === undefined ? undefined : count(route.metric)),
    ...pair('src', route.src && address(route.src)),
    ...pair('proto', ownership && count(ownership.routeProtocol)),
  ];
}

/** The arguments after `ip address add` for one of ours; of an IPv6 one no other is looked for before it is used. */
export function addressArguments(wanted: string, dev: string, { routeProtocol }: Ownership): string[] {
  const own = address(wanted);
  const quiet = familyOf(own) === 6 ? ['nodad'] : [];
  return [toCidr(own), 'dev', name(dev), ...pair('metric', count(routeProtocol)), ...quiet];
}

/** The arguments after `ip -4|-6 rule add|del`, with our protocol: `del` then takes no rule but ours. */
export function routingRuleArguments(rule: RoutingRule, ownership: Ownership): string[] {
  return [
    ...pair('from', rule.from && cidr(rule.from, rule.family)),
    ...pair('to', rule.to && cidr(rule.to, rule.family)),
    ...pair('fwmark', rule.fwmark && mark(rule.fwmark)),
    ...pair('iif', rule.iif && name(rule.iif)),
    ...pair('oif', rule.oif && name(rule.oif)),
    ...pair('table', tableName(rule.table)),
    ...pair('priority', rule.priority === undefined ? undefined : count(rule.priority)),
    ...pair('protocol', count(ownership.routeProtocol)),
  ];
}

function pair(word: string, value: string | undefined): string[] {
  return value === undefined ? [] : [word, value];
}

function gatewayArguments({ via, family }: Route): string[] {
  if (via === undefined) return [];
  return familyOf(via) === family ? ['via', address(via)] : ['via', 'inet6', address(via)];
}

function cidr(text: string, family: Family): string {
  const found = parseCidr(text);
  if (found === undefined || familyOf(found) !== family) throw new Error(`not an IPv${family} CIDR: ${text}`);
  return found;
}

function address(text: string): string {
  const found = parseAddress(text);
  if (found === undefined) throw new Error(`not an address: ${text}`);
  return found;
}

function tableName(text: string): string {
  if (text !== 'main' && !/^[0-9]+$/.test(text)) throw new Error(`not a routing table: ${text}`);
  return text;
}

function mark(text: string): string {
  if (!/^0x[0-9a-f]+(\/0x[0-9a-f]+)?$/.test(text)) throw new Error(`not a mark: ${text}`);
  // Without its mask `ip rule` takes 0 for no mark at all, and the rule for one that every packet follows.
  return text === '0x0' ? '0x0/0xffffffff' : text;
}

function name(text: string): string {
  if (!/^[^\s/\p{Cc}]{1,15}$/u.test(text))
    throw new Error(`not the name of an interface: ${JSON.stringify(text)}`);
  return text;
}

function count(number: number): string {
  if (!Number.isInteger(number) || number < 0) throw new Error(`not a number ip takes: ${number}`);
  return `${number}`;
}
