import { describe, expect, test } from 'vitest';
import type { Desired } from '../../../src/model/desired.ts';
import type { EndpointState } from '../../../src/model/inventory.ts';
import { hostNamespace, type NamespaceState, type ObservedRoute } from '../../../src/model/namespace.ts';
import type { Observed } from '../../../src/model/observed.ts';
import { ownership } from '../../../src/model/ownership.ts';
import { plan } from '../../../src/plan/plan.ts';
import { docker } from '../../plain.ts';

const origin = { file: 'networks.yaml', pointer: '/routing/0' };
const route = {
  origin,
  family: 4,
  type: 'unicast',
  to: '10.60.0.0/24',
  via: '172.30.1.10',
  table: 'main',
} as const;
const front = { name: 'front', bridge: 'nw-front', subnets: [{ subnet: '172.30.1.0/24' }] };

const desired: Desired = {
  networks: [
    { ...front, origin, chosenIpRanges: {}, chosenGateways: {}, options: {}, labels: {}, onConflict: 'fail' },
  ],
  warmUps: [],
  endpoints: [
    {
      origin,
      containerId: 'c1',
      containerName: 'web',
      network: 'front',
      addresses: ['172.30.1.10'],
      aliases: [],
    },
  ],
  namespaces: new Map([
    [
      hostNamespace,
      { id: hostNamespace, name: 'host', tables: [], sets: [], routes: [route], rules: [], sysctls: [] },
    ],
  ]),
  notices: [],
};
const host: NamespaceState = {
  id: hostNamespace,
  name: 'host',
  tables: [],
  sets: [],
  interfaces: [],
  routes: [],
  rules: [],
  sysctls: new Map(),
  formerSysctls: new Map(),
};

interface Scene {
  readonly interfaces?: readonly string[];
  readonly routes?: readonly ObservedRoute[];
  readonly engine?: 'docker' | 'podman';
  readonly endpoints?: readonly EndpointState[];
  /** Instead of the route: a sysctl of the bridge. */
  readonly sysctl?: string;
  readonly isMade?: boolean;
  readonly internal?: boolean;
}

const withSysctl = (namespaces: Desired['namespaces'], key: string): Desired['namespaces'] =>
  new Map(
    [...namespaces].map(([id, each]) => [
      id,
      { ...each, routes: [], sysctls: [{ origin, key, value: '1' }] },
    ]),
  );

const planned = (
  running: boolean,
  {
    interfaces = ['lo'],
    routes = [],
    engine = 'podman',
    endpoints = [],
    sysctl,
    isMade = true,
    internal = false,
  }: Scene = {},
) => {
  const key = `net.ipv4.conf.nw-front.${sysctl}`;
  const observed: Observed = {
    inventory: {
      networks: isMade
        ? [{ ...front, id: 'n1', driver: 'bridge', internal, options: {}, labels: {}, owned: true }]
        : [],
      containers: [
        {
          id: 'c1',
          name: 'web',
          labels: {},
          running,
          created: 0,
          networkMode: 'bridge',
          publishedPorts: [],
          endpoints,
        },
      ],
      keptMembers: [],
    },
    backend: 'nft',
    namespaces: new Map([
      [
        hostNamespace,
        {
          ...host,
          routes,
          interfaces: interfaces.map((name, index) => ({ name, index, isUp: true })),
          sysctls: new Map([[key, interfaces.includes('nw-front') ? '1' : null]]),
        },
      ],
    ]),
  };
  const wanted: Desired =
    sysctl === undefined ? desired : { ...desired, namespaces: withSysctl(desired.namespaces, key) };
  const { operations, notices } = plan(wanted, observed, ownership(), { ...docker, engine });
  return { kinds: operations.map(({ kind }) => kind), notices };
};

describe('a route through a bridge that Podman makes only for a container', () => {
  test('comes after the container that brings it', () => {
    expect(planned(true)).toEqual({ kinds: ['connect-endpoint', 'add-route'], notices: [] });
  });

  test('comes after it, too, where the bridge goes with it for a while', () => {
    const elsewhere: EndpointState = {
      networkId: 'n1',
      networkName: 'front',
      addresses: ['172.30.1.11'],
      aliases: [],
      driverOptions: {},
      owned: true,
    };
    const { kinds } = planned(true, { interfaces: ['lo', 'nw-front'], endpoints: [elsewhere] });
    expect(kinds).toEqual(['disconnect-endpoint', 'connect-endpoint', 'add-route']);
  });

  test('waits while there is none', () => {
    const { kinds, notices } = planned(false);
    expect(kinds).toEqual(['connect-endpoint']);
    expect(notices).toEqual([
      {
        kind: 'waiting',
        subject: 'route 10.60.0.0/24 via 172.30.1.10 in host',
        message: 'no container is in front yet, and so there is no nw-front',
        origin,
      },
    ]);
  });

  test('is no other than one through a bridge that is there, or that Docker makes with the network', () => {
    const usual = { kinds: ['add-route', 'connect-endpoint'], notices: [] };
    expect(planned(true, { interfaces: ['lo', 'nw-front'] })).toEqual(usual);
    expect(planned(true, { engine: 'docker' })).toEqual(usual);
    const reached = {
      family: 4,
      type: 'unicast',
      to: '172.30.1.0/24',
      dev: 'eth0',
      table: 'main',
      owned: false,
    } as const;
    expect(planned(true, { routes: [reached] })).toEqual(usual);
  });
});

describe('a sysctl of a bridge', () => {
  test('is planned before the bridge is there, for when it is', () => {
    expect(planned(true, { sysctl: 'arp_notify' })).toEqual({
      kinds: ['connect-endpoint', 'set-sysctl'],
      notices: [],
    });
    expect(planned(true, { sysctl: 'arp_ignore', isMade: false, engine: 'docker' })).toEqual({
      kinds: ['create-network', 'set-sysctl', 'connect-endpoint'],
      notices: [],
    });
  });

  test('waits while nobody brings it', () => {
    const { kinds, notices } = planned(false, { sysctl: 'arp_notify' });
    expect(kinds).toEqual(['connect-endpoint']);
    expect(notices).toMatchObject([{ kind: 'waiting' }]);
  });

  test('is planned again where Podman undoes it when a container joins', () => {
    const there = { interfaces: ['lo', 'nw-front'], internal: true };
    const again = ['connect-endpoint', 'set-sysctl'];
    expect(planned(true, { ...there, sysctl: 'forwarding' }).kinds).toEqual(again);
    for (const other of [{ sysctl: 'arp_notify' }, { internal: false }, { engine: 'docker' }] as const)
      expect(planned(true, { ...there, sysctl: 'forwarding', ...other }).kinds).toEqual(['connect-endpoint']);
  });
});
