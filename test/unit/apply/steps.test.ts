import { expect, test } from 'vitest';
import { stepsOf } from '../../../src/apply/steps.ts';
import type { Operation } from '../../../src/model/plan.ts';
import type { Backend, Family } from '../../../src/model/ruleset.ts';

const said = { because: '', changes: [] } as const;
const set = (name: string): Operation => ({
  ...said,
  kind: 'update-set',
  namespace: 'host',
  set: name,
  family: 4,
  type: 'hash:net',
  how: 'create',
  add: [],
  remove: [],
});
const table = (namespace: string, family: Family, backend: Backend = 'nft'): Operation => ({
  ...said,
  kind: 'restore-table',
  namespace,
  backend,
  family,
  table: 'filter',
  chains: [],
  unhook: [],
  hook: [],
  removeChains: [],
  removeTable: false,
});
const network = (name: string): Operation => ({
  ...said,
  kind: 'remove-network',
  networkId: name,
  network: name,
});

test('rules come after all the sets that they look into', () => {
  const [one, other, rules] = [set('one'), set('other'), table('host', 4)];
  expect(stepsOf([one, other, rules])).toEqual([[[one], [other]], [[rules]]]);
});

test('tables that share a transaction counter wait for each other, those of other families and places do not', () => {
  const [four, again, six, inside] = [table('host', 4), table('host', 4), table('host', 6), table('app', 4)];
  expect(stepsOf([four, six, again, inside])).toEqual([[[four, again], [six], [inside]]]);
});

test('legacy tables, which share one lock, wait for each other wherever they are', () => {
  const [one, other] = [table('host', 4, 'legacy'), table('app', 6, 'legacy')];
  expect(stepsOf([one, other])).toEqual([[[one, other]]]);
});

const sysctl = (namespace: string, value: string): Operation => ({
  ...said,
  kind: 'set-sysctl',
  namespace,
  key: 'net.ipv4.ip_forward',
  value,
  former: 'keep',
});

test('routing of one place is done in order, and that of others meanwhile', () => {
  const [first, second, elsewhere] = [sysctl('app', '0'), sysctl('app', '1'), sysctl('db', '1')];
  expect(stepsOf([first, second, elsewhere])).toEqual([[[first, second], [elsewhere]]]);
});

test('all that is done inside a container is done in order, and no container waits for another', () => {
  const [app, db] = [sysctl('app', '1'), sysctl('db', '1')];
  const [four, six, other] = [table('app', 4), table('app', 6), table('db', 4)];
  expect(stepsOf([app, db, four, six, other])).toEqual([
    [
      [app, four, six],
      [db, other],
    ],
  ]);
});

test('what is done on the host comes between what the plan has before and after it', () => {
  const [before, host, after] = [sysctl('app', '1'), table('host', 4), sysctl('app', '0')];
  expect(stepsOf([before, host, after])).toEqual([[[before]], [[host]], [[after]]]);
});

test('what the engine does is done one after the other', () => {
  const [one, other] = [network('one'), network('other')];
  expect(stepsOf([one, other])).toEqual([[[one, other]]]);
});
