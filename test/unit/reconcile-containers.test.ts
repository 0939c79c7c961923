import { expect, test } from 'vitest';
import type { Operation } from '../../src/model/plan.ts';
import type { RestoreTable } from '../../src/model/rules-operations.ts';
import { operationsIn } from '../../src/reconcile-containers.ts';

const said = { because: '', changes: [] };
const forwarding = (namespace: string): Operation => ({
  kind: 'set-sysctl',
  ...said,
  namespace,
  key: 'net.ipv4.ip_forward',
  value: '1',
  former: 'remember',
});
const route = (namespace: string): Operation => ({
  kind: 'add-route',
  ...said,
  namespace,
  route: { family: 4, type: 'unicast', to: '10.60.0.0/24', via: '172.30.1.1', table: 'main' },
});
const jump = { chain: 'PREROUTING', to: 'NETWRIGHT-PREROUTING' };
const table = (namespace: string, more: Partial<RestoreTable> = {}): Operation => ({
  kind: 'restore-table',
  ...said,
  namespace,
  backend: 'nft',
  family: 4,
  table: 'nat',
  chains: [{ name: jump.to, rules: [] }],
  unhook: [],
  hook: [jump],
  removeChains: [],
  removeTable: false,
  ...more,
});
const cut = (namespace: string): Operation => ({
  kind: 'cut-connections',
  ...said,
  namespace,
  family: 4,
  before: { chains: [], sets: [] },
  after: { chains: [], sets: [] },
});
/** In the plan's order. */
const coming = (namespace: string) => [
  forwarding(namespace),
  table(namespace),
  cut(namespace),
  route(namespace),
];

test('rules of a container that started come before what waits for the kernel', () => {
  const inside = [...coming('net:[1]'), ...coming('net:[2]')];
  expect(operationsIn('rules', inside)).toEqual(['net:[1]', 'net:[2]'].flatMap((id) => [table(id), cut(id)]));
  expect(operationsIn('rest', inside)).toEqual(
    ['net:[1]', 'net:[2]'].flatMap((id) => [forwarding(id), route(id)]),
  );
});

test.each<readonly [string, Partial<RestoreTable>]>([
  ['chains', { chains: [], hook: [], removeChains: [jump.to] }],
  ['jumps', { unhook: [jump] }],
  ['a table', { chains: [], hook: [], removeTable: true }],
])('where %s of rules go, all is done in the plan’s order, forwarding first', (_, going) => {
  const ending = [forwarding('net:[1]'), table('net:[1]'), table('net:[1]', going), cut('net:[1]')];
  expect(operationsIn('rules', ending)).toEqual([]);
  expect(operationsIn('rest', ending)).toEqual(ending);
});

test('where rules go in one container, those of others are not kept waiting', () => {
  const going = table('net:[1]', { removeTable: true });
  const inside = [forwarding('net:[1]'), going, ...coming('net:[2]')];
  expect(operationsIn('rules', inside)).toEqual([table('net:[2]'), cut('net:[2]')]);
  expect(operationsIn('rest', inside)).toEqual([
    forwarding('net:[1]'),
    going,
    forwarding('net:[2]'),
    route('net:[2]'),
  ]);
});
