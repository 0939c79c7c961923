import { describe, expect, test } from 'vitest';
import type { DesiredNamespace, DesiredRoute } from '../../../src/model/desired.ts';
import type { NamespaceState, ObservedRoute } from '../../../src/model/namespace.ts';
import { canBeOutranked, isReached, routesToItself } from '../../../src/plan/ways-out.ts';

const origin = { file: 'networks.yaml', pointer: '/ips/0' };
const route = (via: string, more: Partial<ObservedRoute> = {}): ObservedRoute => ({
  family: 4,
  type: 'unicast',
  to: 'default',
  via,
  table: 'main',
  owned: false,
  ...more,
});
const state = (...routes: readonly ObservedRoute[]): NamespaceState => ({
  id: 'net:[1]',
  name: 'sentry',
  tables: [],
  sets: [],
  interfaces: [],
  routes,
  rules: [],
  sysctls: new Map(),
  formerSysctls: new Map(),
});
const sentry: DesiredNamespace = {
  id: 'net:[1]',
  name: 'sentry',
  tables: [],
  sets: [],
  routes: [],
  rules: [],
  sysctls: [],
  unwantedRoutes: [{ family: 4, via: '172.20.5.1', origin }],
};
const wanted: DesiredRoute = { ...route('172.20.6.1', { metric: 50 }), origin, unlessReachable: true };

describe('a route that leads a gateway to itself', () => {
  test('is somebody else’s default route by its own address', () => {
    const astray = route('172.20.5.1');
    const others = [
      route('172.20.6.1'),
      route('172.20.5.1', { owned: true }),
      route('172.20.5.1', { to: '10.0.0.0/8' }),
      route('172.20.5.1', { table: '200' }),
    ];
    expect(routesToItself(sentry, state(astray, ...others))).toEqual([{ route: astray, origin }]);
    expect(routesToItself(undefined, state(astray))).toEqual([]);
  });

  test('can stay where it has a metric', () => {
    expect([route('172.20.5.1'), route('172.20.5.1', { metric: 100 })].map(canBeOutranked)).toEqual([
      false,
      true,
    ]);
  });
});

describe('a gateway that others lead out', () => {
  const reached = (...routes: readonly ObservedRoute[]) => {
    const found = state(...routes);
    return isReached(wanted, found, routesToItself(sentry, found));
  };

  test('is led out by any other default route, but not by ours', () => {
    expect(reached(route('172.20.6.1'))).toBe(true);
    expect(reached(route('172.20.6.1', { owned: true }))).toBe(false);
    expect(reached(route('172.20.5.1'))).toBe(false);
    expect(reached(route('172.20.6.1', { family: 6 }))).toBe(false);
  });

  test('is not where the one to itself is preferred', () => {
    const toItself = route('172.20.5.1', { metric: 100 });
    expect(reached(toItself, route('172.20.6.1', { metric: 200 }))).toBe(false);
    expect(reached(toItself, route('172.20.6.1', { metric: 10 }))).toBe(true);
  });

  test('a route elsewhere is no way out, and leads there alone', () => {
    expect(reached(route('172.20.6.1', { to: '10.0.0.0/8' }))).toBe(false);
    const there = { ...wanted, to: '10.1.0.0/16' };
    expect(isReached(there, state(route('172.20.6.1', { to: '10.0.0.0/8' })), [])).toBe(true);
    expect(isReached(there, state(route('172.20.6.1')), [])).toBe(false);
  });
});
