import { expect, test } from 'vitest';
import type { DesiredNetwork } from '../../../src/model/desired.ts';
import type { Operation } from '../../../src/model/plan.ts';
import { closedFirst } from '../../../src/plan/closed-first.ts';

const network = (name: string, subnets: readonly string[], gateway?: string): DesiredNetwork => ({
  origin: { file: 'networks.yaml', pointer: `/networks/${name}` },
  name,
  subnets: subnets.map((subnet) => ({ subnet })),
  chosenIpRanges: {},
  chosenGateways: {},
  options: {},
  labels: {},
  onConflict: 'fail',
  ...(gateway !== undefined && {
    gatewayContainer: { containerName: gateway, addresses: [], hostAddresses: {}, routes: 'engine' },
  }),
});
const networks = [
  network('front', ['172.31.1.0/24']),
  network('both', ['172.31.2.0/24', 'fd00:2::/64']),
  network('bottle', ['172.31.3.0/24'], 'sentry'),
  network('any', []),
];
const connect = (to: string): Operation => ({
  kind: 'connect-endpoint',
  because: 'x',
  changes: [],
  containerId: 'web',
  containerName: 'web',
  network: to,
  needs: [`network ${to}`],
  addresses: [],
  aliases: [],
  driverOptions: {},
  owned: true,
});
const table = (namespace: string, name: 'filter' | 'nat'): Operation => ({
  kind: 'restore-table',
  because: 'x',
  changes: [],
  namespace,
  backend: 'nft',
  family: 4,
  table: name,
  chains: [],
  unhook: [],
  hook: [],
  removeChains: [],
  removeTable: false,
});
const needs = (to: string) => closedFirst([connect(to)], { networks })[0]?.needs;

test('who joins a network needs the rules of its families, and its frames where a container is the gateway', () => {
  expect(needs('front')).toEqual(['network front', 'the IPv4 rules on the host']);
  expect(needs('both')).toEqual(['network both', 'the IPv4 rules on the host', 'the IPv6 rules on the host']);
  expect(needs('bottle')).toContain('the table of frames on the host');
  expect(needs('any')).toEqual(['network any', 'the IPv4 rules on the host']);
});

test("only the host's own filter table closes a network", () => {
  const provided = closedFirst([table('host', 'filter'), table('host', 'nat'), table('net:[1]', 'filter')], {
    networks,
  }).map(({ provides }) => provides);
  expect(provided).toEqual(['the IPv4 rules on the host', undefined, undefined]);
});
