import { expect, test } from 'vitest';
import { restoringTable } from '../../../src/apply/rulesets.ts';
import { ownership } from '../../../src/model/ownership.ts';
import type { RestoreTable } from '../../../src/model/rules-operations.ts';

const filled: RestoreTable = {
  kind: 'restore-table',
  because: '',
  changes: [],
  namespace: 'net:[1]',
  backend: 'nft',
  family: 4,
  table: 'filter',
  chains: [{ name: 'NETWRIGHT-FORWARD', rules: [{ match: {}, target: { kind: 'drop' } }] }],
  unhook: [],
  hook: [{ chain: 'FORWARD', to: 'NETWRIGHT-FORWARD' }],
  removeChains: [],
  removeTable: false,
};
const jump = { chain: 'FORWARD', to: 'NETWRIGHT-FORWARD' };

/** Whether it is written with what else is done in a container, before sysctls and routes. */
function isWrittenFirst(operation: RestoreTable): boolean {
  const tools = { program: () => 'iptables-nft-restore', defaultBackend: 'nft' } as const;
  return restoringTable({ iptables: tools, ownership: ownership() }, operation) !== undefined;
}

test('rules that come are written before what lets packets pass', () => {
  expect(isWrittenFirst(filled)).toBe(true);
});

test.each<readonly [string, Partial<RestoreTable>]>([
  ['chains', { chains: [], hook: [], removeChains: ['NETWRIGHT-FORWARD'] }],
  ['jumps', { unhook: [jump] }],
  ['the table', { removeTable: true }],
])('%s that go do so in the plan’s order: forwarding is shut before', (_, going) => {
  expect(isWrittenFirst({ ...filled, ...going })).toBe(false);
});
