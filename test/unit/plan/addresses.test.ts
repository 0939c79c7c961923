import { describe, expect, test } from 'vitest';
import type { Desired } from '../../../src/model/desired.ts';
import type { Interface, NamespaceState } from '../../../src/model/namespace.ts';
import type { Observed } from '../../../src/model/observed.ts';
import type { Operation } from '../../../src/model/plan.ts';
import { planAddresses } from '../../../src/plan/addresses.ts';

const origin = { file: 'networks.yaml', pointer: '/ips/0' };
const id = 'net:[1]';
const wanted = { origin, address: '172.20.5.1', network: 'bottle', subnets: ['172.20.5.0/24'] };
const link = (name: string, ...addresses: readonly (readonly [string, boolean])[]): Interface => ({
  name,
  index: 2,
  isUp: true,
  addresses: addresses.map(([address, owned]) => ({ address, prefix: owned ? 32 : 24, owned })),
});
const eth0 = ['172.20.5.7', false] as const;
const ours = ['172.20.5.1', true] as const;

function planned(
  addresses: readonly (typeof wanted)[],
  interfaces: readonly Interface[],
  { left = [], earlier = [] }: { left?: readonly string[]; earlier?: readonly Operation[] } = {},
): readonly string[] {
  const space = { id, name: 'sentry', tables: [], sets: [], routes: [], rules: [] };
  const desired: Desired = {
    networks: [],
    endpoints: [],
    namespaces: new Map([[id, { ...space, sysctls: [], addresses }]]),
    warmUps: [],
    notices: [],
  };
  const state: NamespaceState = { ...space, interfaces, sysctls: new Map(), formerSysctls: new Map() };
  const sentry = {
    id: 'c1',
    name: 'sentry',
    labels: {},
    running: true,
    created: 0,
    namespace: id,
    networkMode: 'bridge',
    endpoints: [],
    publishedPorts: [],
  };
  const observed: Observed = {
    backend: 'nft',
    inventory: { networks: [], containers: [sentry], keptMembers: [] },
    namespaces: new Map([[id, state]]),
  };
  const { operations } = planAddresses(desired, observed, new Map([[id, left]]), earlier);
  return operations.map((operation) =>
    operation.kind === 'add-address' || operation.kind === 'remove-address'
      ? `${operation.kind} ${operation.address}${'dev' in operation ? ` ${operation.dev}` : ''}`
      : operation.kind,
  );
}

describe('the address of a gateway', () => {
  test('is added where the container is in the network, and once', () => {
    expect(planned([wanted], [link('eth0', eth0)])).toEqual(['add-address 172.20.5.1']);
    expect(planned([wanted], [link('eth0', eth0, ours)])).toEqual([]);
  });

  test('is not added where the container is not, nor going to be', () => {
    expect(planned([wanted], [link('eth0', ['10.0.0.2', false])])).toEqual([]);
    const joins: Operation = {
      kind: 'connect-endpoint',
      because: 'x',
      changes: [],
      containerId: 'c1',
      containerName: 'sentry',
      network: 'bottle',
      addresses: [],
      aliases: [],
      driverOptions: {},
      owned: true,
    };
    expect(planned([wanted], [], { earlier: [joins] })).toEqual(['add-address 172.20.5.1']);
  });

  test('is taken away when nothing asks for it, or from where it does not belong', () => {
    expect(planned([], [link('eth0', eth0, ours)])).toEqual(['remove-address 172.20.5.1 eth0']);
    expect(planned([wanted], [link('eth0', eth0), link('eth1', ['10.0.0.2', false], ours)])).toEqual([
      'remove-address 172.20.5.1 eth1',
      'add-address 172.20.5.1',
    ]);
  });

  test('goes with its network, and is added again with that', () => {
    const left = ['172.20.5.0/24'];
    expect(planned([], [link('eth0', eth0, ours)], { left })).toEqual([]);
    expect(planned([wanted], [link('eth0', eth0, ours)], { left })).toEqual(['add-address 172.20.5.1']);
  });

  test('that somebody else gave is left alone', () => {
    expect(planned([], [link('eth0', eth0, ['172.20.5.1', false])])).toEqual([]);
  });
});
