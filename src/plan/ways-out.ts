import { containsCidr } from '../model/address.ts';
import type { Origin } from '../model/config.ts';
import type { DesiredNamespace, DesiredRoute } from '../model/desired.ts';
import type { NamespaceState, ObservedRoute, Route } from '../model/namespace.ts';

interface RouteToItself {
  readonly route: ObservedRoute;
  readonly origin: Origin;
}

/** Default routes of others, as an engine gives them to every member, that lead a gateway to itself. */
export function routesToItself(
  desired: DesiredNamespace | undefined,
  { routes }: NamespaceState,
): readonly RouteToItself[] {
  return routes.flatMap((route) => {
    const found = desired?.unwantedRoutes?.find(
      ({ family, via }) => family === route.family && via === route.via,
    );
    return found === undefined || !isForeignDefault(route) ? [] : [{ route, origin: found.origin }];
  });
}

/**
 * A route with a metric stays, since another can be preferred to it: Podman cannot stop a container any more whose route it does
 * not find (netavark: No such process; measured on 5.4). Docker's for IPv4 has none, and it does not miss it (measured: 20.10 to 28).
 */
export function canBeOutranked({ metric = 0 }: Route): boolean {
  return metric > 0;
}

/** Whether others' routes lead there already: for a default route another one, preferred to those that lead a gateway to itself. */
export function isReached(
  { family, to, table }: DesiredRoute,
  { routes }: NamespaceState,
  astray: readonly RouteToItself[],
): boolean {
  const theirs = routes.filter(
    (route) =>
      route.family === family &&
      route.table === table &&
      !route.owned &&
      !astray.some((other) => other.route === route),
  );
  if (to !== 'default') return theirs.some((route) => route.to !== 'default' && containsCidr(route.to, to));
  const kept = astray.map(({ route }) => route).filter((route) => route.family === family);
  const worst = Math.min(...kept.filter(canBeOutranked).map(({ metric = 0 }) => metric));
  return theirs.some((route) => isForeignDefault(route) && (route.metric ?? 0) < worst);
}

function isForeignDefault({ owned, to, table, type }: ObservedRoute): boolean {
  return !owned && to === 'default' && table === 'main' && type === 'unicast';
}
