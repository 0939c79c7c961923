import { expect, test } from 'vitest';
import type { Desired } from '../../../src/model/desired.ts';
import type { NamespaceState } from '../../../src/model/namespace.ts';
import type { Observed } from '../../../src/model/observed.ts';
import type { BridgesAfter } from '../../../src/plan/bridges.ts';
import { planSysctls } from '../../../src/plan/sysctls.ts';

const key = 'net.ipv4.conf.wg0.rp_filter';
const origin = { file: 'networks.yaml', pointer: '/routing/0' };
const nothing = { tables: [], sets: [], routes: [], rules: [] };

const untouched: BridgesAfter = { coming: new Map(), going: new Set(), shutAgain: new Set() };

function planned(value: string, has: string): number {
  const sysctls = [{ origin, key, value }];
  const desired: Desired = {
    networks: [],
    endpoints: [],
    warmUps: [],
    notices: [],
    namespaces: new Map([['host', { ...nothing, id: 'host', name: 'host', sysctls }]]),
  };
  const host: NamespaceState = {
    ...nothing,
    id: 'host',
    name: 'host',
    interfaces: [{ name: 'wg0', index: 3, isUp: true }],
    sysctls: new Map([[key, has]]),
    formerSysctls: new Map(),
  };
  const observed: Observed = {
    inventory: { networks: [], containers: [], keptMembers: [] },
    backend: 'nft',
    namespaces: new Map([['host', host]]),
  };
  return planSysctls(desired, observed, untouched).operations.length;
}

test.each([
  ['0x50', '80'],
  ['010', '8'],
  ['4096 87380 6291456', '4096\t87380\t6291456'],
])('a sysctl that is to be %s and that the kernel shows as %s is as it should be', (value, has) => {
  expect(planned(value, has)).toBe(0);
});

test.each([
  ['0x50', '50'],
  ['10', '8'],
  ['2', '1'],
])('one that is to be %s and is %s is set', (value, has) => {
  expect(planned(value, has)).toBe(1);
});
