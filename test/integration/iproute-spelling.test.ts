import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { parseRoutes, parseRules } from '../../src/iproute/parse.ts';
import { parseLinks } from '../../src/iproute/parse-links.ts';
import { routeArguments, routingRuleArguments } from '../../src/iproute/render.ts';
import type { Route, RoutingRule } from '../../src/model/namespace.ts';
import { ownership } from '../../src/model/ownership.ts';

const run = promisify(execFile);
const ours = ownership();
const other = ownership('other');

const interfaces = `ip link set lo up
ip link add d0 type veth peer name d1
ip addr add 10.0.0.1/24 dev d0 && ip addr add fd00::1/64 dev d0 nodad
ip link set d0 addrgenmode none && ip link set d1 addrgenmode none
ip link set d0 up && ip link set d1 up
`;

/** What each of the commands printed, in a network namespace with two interfaces, d0 (10.0.0.1/24, fd00::1/64) and d1. */
async function inNamespace(commands: readonly (readonly string[])[]): Promise<readonly string[]> {
  const lines = commands.map((words) => `ip ${words.join(' ')} && echo '#end' || exit 1`);
  const script = `set -e\n${interfaces}${lines.join('\n')}`;
  const { stdout } = await run('unshare', ['--net', 'sh', '-c', script], {
    env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C' },
  });
  return stdout.split('#end\n').slice(0, -1);
}

const showRoutes = ['-N', '-j', 'route', 'show', 'table', 'all'];

const routes: readonly Route[] = [
  { family: 4, type: 'unicast', to: 'default', via: '10.0.0.254', dev: 'd0', table: 'main' },
  { family: 4, type: 'unicast', to: 'default', dev: 'd1', table: '200' },
  { family: 4, type: 'unicast', to: '10.9.0.0/16', via: '10.0.0.2', dev: 'd0', table: '300', metric: 5 },
  { family: 4, type: 'unicast', to: '10.9.1.1/32', dev: 'd1', table: 'main', src: '10.0.0.1' },
  { family: 4, type: 'unicast', to: '10.9.2.0/24', via: 'fe80::1', dev: 'd1', table: 'main' },
  { family: 4, type: 'blackhole', to: '10.8.0.0/16', table: 'main' },
  { family: 4, type: 'unreachable', to: '10.7.0.0/16', table: '200', metric: 9 },
  { family: 4, type: 'prohibit', to: '10.6.0.0/16', table: '253' },
  { family: 6, type: 'unicast', to: 'default', via: 'fd00::2', dev: 'd0', table: 'main' },
  { family: 6, type: 'unicast', to: 'default', dev: 'd1', table: '200' },
  { family: 6, type: 'unicast', to: 'fd01::5/128', via: 'fd00::3', dev: 'd0', table: '300', metric: 5 },
  { family: 6, type: 'unicast', to: 'fd05::/64', dev: 'd0', table: 'main', src: 'fd00::1' },
  { family: 6, type: 'blackhole', to: 'fd02::/64', table: 'main' },
  { family: 6, type: 'unreachable', to: 'fd03::/64', table: '200', metric: 9 },
  { family: 6, type: 'prohibit', to: 'fd04::/64', table: 'main' },
];

const rules: readonly RoutingRule[] = [
  { family: 4, fwmark: '0x2', table: '200', priority: 100 },
  { family: 4, fwmark: '0x10/0xf0', table: '300', priority: 101 },
  { family: 4, fwmark: '0x0/0xff', table: '300', priority: 102 },
  { family: 4, from: '10.1.0.0/16', to: '10.2.3.4/32', iif: 'd0', oif: 'd1', table: 'main', priority: 103 },
  { family: 4, iif: 'later', table: '77', priority: 104 },
  { family: 6, from: 'fd00::1/128', to: 'fd01::/64', table: '200', priority: 100 },
  { family: 4, fwmark: '0x0', table: '300', priority: 103 },
  { family: 6, fwmark: '0xff', table: 'main', priority: 101 },
];

const byText = (a: string, b: string): number => (a < b ? -1 : 1);
const sorted = (found: readonly object[]): readonly string[] =>
  found.map((entry) => JSON.stringify(Object.entries(entry).sort(([a], [b]) => byText(a, b)))).sort(byText);
const owned = (found: readonly object[]): readonly object[] =>
  found.map((entry) => ({ ...entry, owned: true }));

/** IPv6 has no route without a metric. */
function withMetric(which: Route): Route {
  return which.family === 6 ? { metric: 1024, ...which } : which;
}

function route(verb: 'add' | 'del', which: Route, mark = ours): readonly string[] {
  return [`-${which.family}`, 'route', verb, ...routeArguments(which, mark)];
}

function rule(verb: 'add' | 'del', which: RoutingRule, mark = ours): readonly string[] {
  return [`-${which.family}`, 'rule', verb, ...routingRuleArguments(which, mark)];
}

describe('routes', () => {
  test('a route is read as it was written, and is gone when it is deleted', async () => {
    const printed = await inNamespace([
      showRoutes,
      ...routes.map((which) => route('add', which)),
      showRoutes,
      ...routes.map((which) => route('del', which)),
      showRoutes,
    ]);
    const [before = '', after = ''] = [printed[0], printed[routes.length + 1]];
    const found = parseRoutes(after, ours);
    expect(sorted(found.filter((entry) => entry.owned))).toEqual(sorted(owned(routes.map(withMetric))));
    const foreign = sorted(found.filter((entry) => !entry.owned));
    expect(foreign).toEqual(sorted(parseRoutes(before, ours)));
    expect(sorted(parseRoutes(printed.at(-1) ?? '', ours))).toEqual(foreign);
  });

  test.each(routes)('deleting $to in $table takes no route that is not ours', async (which) => {
    await expect(inNamespace([route('add', which, other), route('del', which)])).rejects.toThrow(
      /No such process/,
    );
  });
});

describe('rules', () => {
  const show = [
    ['-N', '-j', '-4', 'rule'],
    ['-N', '-j', '-6', 'rule'],
  ] as const;

  test('a rule is read as it was written, and is gone when it is deleted', async () => {
    const printed = await inNamespace([
      ...show,
      ...rules.map((which) => rule('add', which)),
      ...show,
      ...rules.map((which) => rule('del', which)),
      ...show,
    ]);
    const at = rules.length + 2;
    const found = [...parseRules(printed[at] ?? '', 4, ours), ...parseRules(printed[at + 1] ?? '', 6, ours)];
    expect(sorted(found.filter((entry) => entry.owned))).toEqual(sorted(owned(rules)));
    expect(printed.slice(-2)).toEqual(printed.slice(0, 2));
  });

  test('deleting takes no rule that is not ours', async () => {
    for (const which of rules) {
      await expect(inNamespace([rule('add', which, other), rule('del', which)])).rejects.toThrow(
        /No such file/,
      );
    }
  });
});

test('interfaces are those of the namespace', async () => {
  const [link = '', addr = ''] = await inNamespace([
    ['-j', 'link'],
    ['-j', 'addr'],
  ]);
  expect(
    parseLinks(link)
      .map(({ name }) => name)
      .sort(byText),
  ).toEqual(['d0', 'd1', 'lo']);
  expect(parseLinks(addr)).toEqual(parseLinks(link));
});
