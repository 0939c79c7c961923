import { compareAddresses, containsAddress } from '../model/address.ts';
import { familyOf } from '../model/block.ts';
import type { Config, Origin } from '../model/config.ts';
import type { DesiredRoute, DesiredRoutingRule } from '../model/desired.ts';
import type { ContainerState } from '../model/inventory.ts';
import type { Notice } from '../model/notice.ts';
import type { RouteEntry, RoutingEntry, RuleEntry } from '../model/routing.ts';
import type { NameResolver } from './names.ts';
import type { NamespaceCollector } from './namespaces.ts';
import { host, type Place, placeOf, whyNowhere } from './place.ts';
import { markText } from './titles.ts';

/** Routes, rules and sysctls go where their entry says: the host, or every running container its name stands for. */
export function resolveRouting(
  config: Config,
  names: NameResolver,
  into: NamespaceCollector,
): readonly Notice[] {
  return config.routing.flatMap((entry) => {
    const { places, notices } = placesOf(entry, names);
    for (const place of places) fill(entry, place, into);
    return notices;
  });
}

function placesOf(
  entry: RoutingEntry,
  names: NameResolver,
): { readonly places: readonly Place[]; readonly notices: readonly Notice[] } {
  if (entry.in === 'host') return { places: [host], notices: [] };
  const about = { subject: `routing in ${entry.in}`, origin: entry.origin };
  const containers = names.containers(entry.in);
  if (containers.length === 0) {
    return { places: [], notices: [{ ...about, kind: 'waiting', message: 'no such container yet' }] };
  }
  const stopped = containers.filter(({ namespace }) => namespace === undefined);
  return {
    places: containers.map(placeOf),
    notices: stopped.map((container) => ({ ...about, ...whyNowhere(container) })),
  };
}

function fill(entry: RoutingEntry, place: Place, into: NamespaceCollector): void {
  for (const route of entry.routes) into.route(place, routeOf(route));
  for (const rule of entry.rules) into.routingRule(place, ruleOf(rule));
  for (const sysctl of entry.sysctls) into.sysctl(place, sysctl);
}

function ruleOf({ fwmark, table, ...rest }: RuleEntry): DesiredRoutingRule {
  return { ...rest, table: tableName(table), ...(fwmark !== undefined && { fwmark: markText(fwmark) }) };
}

/** A metric of 0 is none: the kernel prints none for IPv4 and its default for IPv6. */
function routeOf({ metric, table, ...rest }: RouteEntry): DesiredRoute {
  return { ...rest, table: tableName(table), ...(metric !== undefined && metric > 0 && { metric }) };
}

const mainTable = 254;

function tableName(table: number): string {
  return table === mainTable ? 'main' : `${table}`;
}

interface WantedRoute {
  readonly place: Place;
  readonly container: ContainerState;
  readonly names: NameResolver;
  readonly into: NamespaceCollector;
  readonly origin: Origin;
  readonly to: string;
}

/**
 * A way to the target through a network the container is in: its default route may be a tunnel that does not lead there. Networks of
 * the file come first, since the way decides the address the container itself comes from, and policies know it by its address there.
 */
export function bringRoute({ place, container, names, into, origin, to }: WantedRoute): void {
  const family = familyOf(to);
  const isManaged = (address: string) => names.managedSubnet(address) !== undefined;
  const addresses = names.addressesOf(container).toSorted(compareAddresses);
  for (const address of addresses.toSorted((a, b) => Number(isManaged(b)) - Number(isManaged(a)))) {
    const via = names.gatewayFor(address);
    if (via === undefined || familyOf(via) !== family || containsAddress(to, via)) continue;
    // Through itself, where it is the gateway.
    if (addresses.includes(via)) continue;
    into.route(place, { family, type: 'unicast', to, via, table: 'main', origin, unlessReachable: true });
    return;
  }
}
