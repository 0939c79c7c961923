import { expect, test } from 'vitest';
import { parseSave } from '../../../src/iptables/parse.ts';
import type { Desired } from '../../../src/model/desired.ts';
import type { NamespaceState } from '../../../src/model/namespace.ts';
import type { Observed } from '../../../src/model/observed.ts';
import { ownership } from '../../../src/model/ownership.ts';
import { planRulesets } from '../../../src/plan/rulesets.ts';

const nothing = { sets: [], routes: [], rules: [] };
const own = ownership();
const desired: Desired = {
  networks: [],
  endpoints: [],
  warmUps: [],
  notices: [],
  namespaces: new Map([
    [
      'host',
      {
        ...nothing,
        id: 'host',
        name: 'host',
        sysctls: [],
        tables: [
          {
            family: 4,
            table: 'filter',
            chains: [{ name: 'NETWRIGHT-FORWARD', rules: [] }],
            hooks: [{ from: ['FORWARD'], into: 'NETWRIGHT-FORWARD' }],
          },
        ],
      },
    ],
  ]),
};

/** Whether the table is marked as one that was not there before netwright. */
function marks(saved: string): boolean {
  const host: NamespaceState = {
    ...nothing,
    id: 'host',
    name: 'host',
    tables: parseSave(saved, 4, own),
    interfaces: [],
    sysctls: new Map(),
    formerSysctls: new Map(),
  };
  const observed: Observed = {
    inventory: { networks: [], containers: [], keptMembers: [] },
    backend: 'nft',
    namespaces: new Map([['host', host]]),
  };
  return planRulesets(desired, observed, own, []).operations.some(
    (operation) =>
      operation.kind === 'restore-table' && operation.chains.some(({ name }) => name === 'NETWRIGHT-CREATED'),
  );
}

const table = (...chains: readonly string[]): string =>
  ['*filter', ':FORWARD ACCEPT [0:0]', ...chains.map((chain) => `:${chain} - [0:0]`), 'COMMIT', ''].join(
    '\n',
  );

test('a table that is made is marked', () => {
  expect(marks('')).toBe(true);
});

test('one that another instance made is marked by each that comes to it: nobody knows who goes last', () => {
  expect(marks(table('NETWRIGHT-BLUE-FORWARD', 'NETWRIGHT-BLUE-CREATED'))).toBe(true);
});

test('one that was there before, or is not ours alone to tell, is not', () => {
  expect(marks(table())).toBe(false);
  expect(marks(table('NETWRIGHT-BLUE-FORWARD'))).toBe(false);
  expect(marks(table('MINE-CREATED'))).toBe(false);
});
