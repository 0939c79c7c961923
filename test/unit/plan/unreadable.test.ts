import { expect, test } from 'vitest';
import type { Desired } from '../../../src/model/desired.ts';
import type { Observed } from '../../../src/model/observed.ts';
import { ownership } from '../../../src/model/ownership.ts';
import { inForce } from '../../../src/plan/in-force.ts';
import { plan } from '../../../src/plan/plan.ts';
import { docker } from '../../plain.ts';

const origin = { file: 'networks.yaml', pointer: '/routing/0' };
const sysctl = { origin, key: 'net.ipv4.ip_forward', value: '1' };
const nothing = { tables: [], sets: [], routes: [], rules: [] };
const desired: Desired = {
  networks: [],
  endpoints: [],
  warmUps: [],
  notices: [],
  namespaces: new Map([['net:[7]', { ...nothing, id: 'net:[7]', name: 'vpn', sysctls: [sysctl] }]]),
};
const observed = (unreadable: NonNullable<Observed['unreadable']>): Observed => ({
  inventory: { networks: [], containers: [], keptMembers: [] },
  backend: 'nft',
  namespaces: new Map(),
  unreadable,
});

test('what a container that cannot be read should have is refused, and not said to be in force', () => {
  const found = plan(
    desired,
    observed(new Map([['net:[7]', { name: 'vpn', why: 'too much' }]])),
    ownership(),
    docker,
  );
  expect(found.operations).toEqual([]);
  expect(found.notices).toMatchObject([{ kind: 'refused', subject: 'vpn' }]);
  expect(inForce(desired, found)).toEqual([]);
});

test('a container that cannot be read and that the file does not speak of is only told', () => {
  const found = plan(
    desired,
    observed(new Map([['net:[8]', { name: 'other', why: 'too much' }]])),
    ownership(),
    docker,
  );
  expect(found.notices).toMatchObject([{ kind: 'warning', subject: 'other' }]);
  expect(inForce(desired, found)).toHaveLength(1);
});
