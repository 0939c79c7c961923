import { expect, test } from 'vitest';
import { routeArguments, routingRuleArguments } from '../../../src/iproute/render.ts';
import type { Route, RoutingRule } from '../../../src/model/namespace.ts';
import { ownership } from '../../../src/model/ownership.ts';

const ours = ownership();
const route: Route = { family: 4, type: 'unicast', to: 'default', table: 'main' };
const rule: RoutingRule = { family: 4, table: '200' };
const words = (found: readonly string[]): string => found.join(' ');

test('a route says all it has, and whose it is', () => {
  const full: Route = {
    ...route,
    to: '10.0.0.0/8',
    via: '10.1.0.1',
    dev: 'eth0',
    table: '200',
    metric: 5,
    src: '10.1.0.2',
  };
  expect(words(routeArguments(full, ours))).toBe(
    '10.0.0.0/8 via 10.1.0.1 dev eth0 table 200 metric 5 src 10.1.0.2 proto 78',
  );
  expect(words(routeArguments({ ...route, via: '10.1.0.1' }, ours))).toBe(
    'default via 10.1.0.1 table main proto 78',
  );
});

test('the mark 0 is that of unmarked packets, and not of all', () => {
  expect(words(routingRuleArguments({ ...rule, fwmark: '0x0' }, ours))).toContain('fwmark 0x0/0xffffffff');
});

test('a blackhole comes before its destination', () => {
  expect(words(routeArguments({ ...route, type: 'blackhole' }, ours))).toBe(
    'blackhole default table main proto 78',
  );
});

test('a gateway of the other family is said to be one', () => {
  expect(words(routeArguments({ ...route, via: 'fe80::1', dev: 'eth0' }, ours))).toBe(
    'default via inet6 fe80::1 dev eth0 table main proto 78',
  );
});

test('a rule says all it has, and whose it is', () => {
  const full: RoutingRule = {
    ...rule,
    from: '10.0.0.0/8',
    to: '10.1.0.1/32',
    fwmark: '0x2/0xff',
    iif: 'a',
    oif: 'b',
    priority: 0,
  };
  expect(words(routingRuleArguments(full, ours))).toBe(
    'from 10.0.0.0/8 to 10.1.0.1/32 fwmark 0x2/0xff iif a oif b table 200 priority 0 protocol 78',
  );
  expect(words(routingRuleArguments(rule, ownership('other')))).toMatch(/^table 200 protocol 2[0-5][0-9]$/);
});

test.each<readonly [string, () => unknown]>([
  ['an option in place of a destination', () => routeArguments({ ...route, to: '-6' }, ours)],
  ['a destination of the other family', () => routeArguments({ ...route, to: 'fd00::/8' }, ours)],
  ['two words in place of an interface', () => routeArguments({ ...route, dev: 'eth0 table' }, ours)],
  ['a gateway that is no address', () => routeArguments({ ...route, via: 'default' }, ours)],
  ['a table by a name of the machine', () => routeArguments({ ...route, table: 'vpn' }, ours)],
  ['a metric that is no number', () => routeArguments({ ...route, metric: Number.NaN }, ours)],
  ['a mark in decimal', () => routingRuleArguments({ ...rule, fwmark: '2' }, ours)],
])('%s is refused', (_, render) => {
  expect(render).toThrow();
});
