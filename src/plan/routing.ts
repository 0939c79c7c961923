import { containsAddress } from '../model/address.ts';
import type { Change } from '../model/change.ts';
import type { Desired, DesiredNamespace } from '../model/desired.ts';
import type {
  NamespaceState,
  ObservedRoute,
  ObservedRoutingRule,
  Route,
  RoutingRule,
} from '../model/namespace.ts';
import type { Notice } from '../model/notice.ts';
import type { Observed } from '../model/observed.ts';
import type { Operation } from '../model/plan.ts';
import { describeRoute, describeRoutingRule } from './describe.ts';
import { isLost, type LeftSubnets } from './left-subnets.ts';
import type { Part } from './part.ts';
import { canBeOutranked, isReached, routesToItself } from './ways-out.ts';

/** Routes and policy-routing rules to add, also those that go with a network first, and those of ours that nothing asks for any more. */
export function planRouting(desired: Desired, observed: Observed, left: LeftSubnets): Part {
  const parts = [...observed.namespaces].map(([id, state]) =>
    ofNamespace(desired.namespaces.get(id), state, (route) => isLost(route, id, left)),
  );
  return {
    operations: parts.flatMap(({ operations }) => operations),
    notices: parts.flatMap(({ notices }) => notices),
  };
}

function ofNamespace(
  desired: DesiredNamespace | undefined,
  state: NamespaceState,
  isGoing: (route: Route) => boolean,
): Part {
  const notices: Notice[] = [];
  const astray = routesToItself(desired, state);
  const removed = astray.filter(({ route }) => !canBeOutranked(route));
  const routes = (desired?.routes ?? []).filter((route) => {
    if (route.unlessReachable === true && isReached(route, state, astray)) return false;
    const message = closedWay(route, state);
    if (message === undefined) return true;
    const subject = `${describeRoute(route)} in ${state.name}`;
    notices.push({ kind: 'waiting', subject, message, origin: route.origin });
    return false;
  });
  const rules = desired?.rules ?? [];
  const ourRoutes = state.routes.filter(({ owned }) => owned);
  const ourRules = state.rules.filter(({ owned }) => owned);
  const change = (sign: Change['sign'], text: string, origin?: Change['origin']): Change => ({
    sign,
    area: 'namespace',
    place: state.name,
    text,
    ...(origin !== undefined && { origin }),
  });
  const operations: Operation[] = [
    ...routes
      .filter((route) => !ourRoutes.some((other) => isInPlace(route, other, state) && !isGoing(other)))
      .map((route): Operation => {
        const changes = [change('+', describeRoute(route), route.origin)];
        return { kind: 'add-route', because: 'no such route', changes, namespace: state.id, route };
      }),
    ...removed.map(
      ({ route, origin }): Operation => ({
        kind: 'remove-route',
        because: 'it leads the gateway to itself',
        changes: [change('-', describeRoute(route), origin)],
        namespace: state.id,
        route,
        foreign: true,
      }),
    ),
    ...ourRoutes
      .filter((route) => !routes.some((wanted) => isInPlace(wanted, route, state)))
      .map((route: ObservedRoute): Operation => {
        const changes = [change('-', describeRoute(route))];
        return {
          kind: 'remove-route',
          because: routes.some((wanted) => sameRoute(wanted, route))
            ? 'its next hop is behind another interface'
            : 'no longer in the file',
          changes,
          namespace: state.id,
          route,
        };
      }),
    ...rules
      .filter((rule) => !ourRules.some((other) => sameRule(rule, other)))
      .map((rule): Operation => {
        const changes = [change('+', describeRoutingRule(rule), rule.origin)];
        return { kind: 'add-routing-rule', because: 'no such rule', changes, namespace: state.id, rule };
      }),
    ...ourRules
      .filter((rule, index) => isLeftOver(rule, index, rules, ourRules))
      .map((rule): Operation => {
        const changes = [change('-', describeRoutingRule(rule))];
        return {
          kind: 'remove-routing-rule',
          because: 'no longer in the file',
          changes,
          namespace: state.id,
          rule,
        };
      }),
  ];
  return { operations, notices };
}

/** Why no route can lead there now: the kernel takes none through an interface that is not there, or not up. */
function closedWay({ dev }: Route, { interfaces }: NamespaceState): string | undefined {
  if (dev === undefined) return undefined;
  const found = interfaces.find(({ name }) => name === dev);
  if (found === undefined) return `no interface ${dev} yet`;
  return found.isUp ? undefined : `${dev} is down`;
}

function isInPlace(desired: Route, observed: Route, state: NamespaceState): boolean {
  return sameRoute(desired, observed) && !isAstray(desired, observed, state);
}

/**
 * While the interface that its next hop is behind was away, the kernel looked for the hop behind another one: through a tunnel that
 * leads everywhere, say.
 */
function isAstray({ via, dev }: Route, observed: Route, { routes }: NamespaceState): boolean {
  if (via === undefined || dev !== undefined || observed.dev === undefined) return false;
  const behind = routes.filter(
    (route) =>
      route.dev !== undefined &&
      route.via === undefined &&
      route.to !== 'default' &&
      containsAddress(route.to, via),
  );
  return behind.length > 0 && !behind.some((route) => route.dev === observed.dev);
}

/** Only what was declared is compared: the kernel fills in the device and, for IPv6, a metric. */
function sameRoute(desired: Route, observed: Route): boolean {
  const { family, type, to, table } = desired;
  return (
    observed.family === family &&
    observed.type === type &&
    observed.to === to &&
    observed.table === table &&
    sameIfDeclared(desired, observed, ['via', 'dev', 'metric', 'src'])
  );
}

function sameRule(desired: RoutingRule, observed: RoutingRule): boolean {
  const { family, from, to, fwmark, iif, oif, table } = desired;
  return (
    observed.family === family &&
    observed.from === from &&
    observed.to === to &&
    observed.fwmark === fwmark &&
    observed.iif === iif &&
    observed.oif === oif &&
    observed.table === table &&
    sameIfDeclared(desired, observed, ['priority'])
  );
}

function sameIfDeclared<T>(desired: T, observed: T, keys: readonly (keyof T)[]): boolean {
  return keys.every((key) => desired[key] === undefined || desired[key] === observed[key]);
}

/** The kernel keeps the same rule several times at different priorities; one is enough. */
function isLeftOver(
  rule: ObservedRoutingRule,
  index: number,
  desired: readonly RoutingRule[],
  ours: readonly ObservedRoutingRule[],
): boolean {
  const wanted = desired.find((other) => sameRule(other, rule));
  return wanted === undefined || ours.findIndex((other) => sameRule(wanted, other)) < index;
}
