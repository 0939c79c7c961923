import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Config, DiscoveryEntry, PolicyEntry } from '../../src/model/config.ts';
import type { HostFacts } from '../../src/model/facts.ts';
import type { ContainerState } from '../../src/model/inventory.ts';
import { hostNamespace, type NamespaceState } from '../../src/model/namespace.ts';
import type { Observed } from '../../src/model/observed.ts';
import { ownership } from '../../src/model/ownership.ts';
import type { Plan } from '../../src/model/plan.ts';
import { plan } from '../../src/plan/plan.ts';
import { type Compared, settledSince } from '../../src/plan/settled.ts';
import { KnownPolicies } from '../../src/resolve/known-policies.ts';
import { resolve } from '../../src/resolve/resolve.ts';
import { Resolver } from '../../src/resolve/resolver.ts';
import { simulate } from '../oracle/simulate.ts';
import { docker } from '../plain.ts';
import { configs, hosts } from './any-host.ts';

const mine = ownership();

/** What has to do with containers besides: labels that are looked for, ports that are warmed up, and a container that is a gateway. */
const withMore = (config: Config, hasGateway: boolean): Config => ({
  ...config,
  discovery: [lookedFor],
  policies: [
    ...config.policies,
    ...more.map((said, at) => ({ ...said, index: config.policies.length + at })),
  ],
  networks: config.networks.map((network, index) => {
    const [subnet] = network.subnets;
    if (!hasGateway || index > 0 || subnet?.gateway === undefined) return network;
    const { origin } = network;
    const addresses = [subnet.gateway];
    return {
      ...network,
      gatewayContainer: { origin, containerName: 'vpn', addresses, masquerade: true, dns: true },
    };
  }),
});

const said = {
  origin: { file: 'networks.yaml', pointer: '/policies/more' },
  action: 'accept',
  ports: [{ from: 80, to: 80 }],
  proto: 'tcp',
  log: false,
} as const;

/** Inside two containers, on the host, and for whoever has a label. */
const more: readonly Omit<PolicyEntry, 'index'>[] = [
  { ...said, nat: 'dnat', selector: 'web', to: ['10.1.0.77'] },
  { ...said, nat: 'dnat', selector: 'db', to: ['10.1.0.78'] },
  { ...said, nat: 'masquerade', iface: 'wg0' },
  { ...said, from: ['label:role=web'], to: ['10.1.0.79'] },
  { ...said, from: ['label:role=web', '10.9.0.0/16'], to: ['10.1.0.79'], ports: [{ from: 81, to: 81 }] },
];

const lookedFor: DiscoveryEntry = {
  origin: { file: 'networks.yaml', pointer: '/discovery/0' },
  network: 'front',
  enableLabel: 'enable',
  dnatLabel: 'ports',
  in: 'guest',
  markBy: 'connection',
  warmUp: true,
};

const files = fc.tuple(configs, fc.boolean()).map(([config, hasGateway]) => withMore(config, hasGateway));

const labelled = (container: ContainerState): ContainerState => ({
  ...container,
  labels: { ...container.labels, enable: 'true', ports: '80,53/udp' },
});

interface Step {
  readonly which: number;
  readonly other: number;
  readonly does:
    | 'start'
    | 'stop'
    | 'share'
    | 'take over'
    | 'be the host'
    | 'move'
    | 'change its MAC'
    | 'go'
    | 'be flushed'
    | 'lose its network'
    | 'nothing';
}

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({
    which: fc.nat(4),
    other: fc.nat(4),
    does: fc.oneof(
      { weight: 5, arbitrary: fc.constant<Step['does']>('start') },
      {
        weight: 4,
        arbitrary: fc.constantFrom<Step['does']>(
          'stop',
          'share',
          'take over',
          'be the host',
          'move',
          'change its MAC',
          'go',
          'be flushed',
          'lose its network',
          'nothing',
        ),
      },
    ),
  }),
  { minLength: 2, maxLength: 8 },
);

/** The containers after the step; all others are the same objects. `at` is another number at each step. */
function after(containers: readonly ContainerState[], { which, other, does }: Step, at: number) {
  const [one, another] = [containers[which], containers[other]];
  if (one === undefined || another === undefined) return containers;
  const { namespace: left, pid: ended, ...stopped } = one;
  const fresh = { pid: 1000 + at, namespace: `net:[${1000 + at}]` };
  const endpoints = (change: (each: ContainerState['endpoints'][number]) => object) =>
    one.endpoints.map((each) => ({ ...each, ...change(each) }));
  switch (does) {
    case 'start':
      return containers.with(which, { ...one, running: true, ...fresh });
    case 'stop':
      return containers.with(which, { ...stopped, running: false });
    case 'share':
      return another.namespace === undefined
        ? containers
        : containers.with(which, {
            ...one,
            running: true,
            pid: fresh.pid,
            namespace: another.namespace,
          });
    case 'take over': {
      // The kernel gives what is new the numbers of what is gone.
      if (left === undefined || one === another) return containers;
      const moved = containers.with(which, { ...one, ...fresh });
      return moved.with(other, { ...another, running: true, pid: ended ?? fresh.pid, namespace: left });
    }
    case 'be the host':
      return containers.with(which, { ...one, running: true, pid: fresh.pid, namespace: hostNamespace });
    case 'move':
      return containers.with(which, {
        ...one,
        endpoints: endpoints(() => ({ addresses: [`10.1.0.${100 + at}`] })),
      });
    case 'change its MAC':
      return containers.with(which, {
        ...one,
        endpoints: endpoints(() => ({ macAddress: `02:42:00:00:00:0${at}` })),
      });
    case 'go':
      return containers.toSpliced(which, 1);
    case 'be flushed':
    case 'lose its network':
    case 'nothing':
      return structuredClone(containers);
  }
}

/** The same with what others do to the host besides. */
function damaged(host: Observed, { which, does }: Step): Observed {
  const { inventory } = host;
  if (does === 'lose its network')
    return { ...host, inventory: { ...inventory, networks: inventory.networks.toSpliced(which, 1) } };
  if (does !== 'be flushed') return host;
  const id = [hostNamespace, inventory.containers[which]?.namespace][which % 2] ?? hostNamespace;
  const state = host.namespaces.get(id) ?? emptyNamespace(id);
  return { ...host, namespaces: new Map([...host.namespaces, [id, { ...state, tables: [], sets: [] }]]) };
}

/** The host with these containers: what they are in and nobody was in before is empty, and what nobody is in any more is gone. */
function hostWith(host: Observed, containers: readonly ContainerState[]): Observed {
  const ids = new Set([hostNamespace, ...containers.flatMap(({ namespace }) => namespace ?? [])]);
  const namespaces = [...ids].map((id) => [id, host.namespaces.get(id) ?? emptyNamespace(id)] as const);
  return {
    ...host,
    inventory: { ...host.inventory, containers },
    namespaces: new Map(namespaces),
  };
}

/** Undefined: an engine refuses it, as an address that somebody else has by now. */
function doneTo(host: Observed, planned: Plan): Observed | undefined {
  try {
    return simulate(host, planned, mine);
  } catch {
    return undefined;
  }
}

const emptyNamespace = (id: string): NamespaceState => ({
  id,
  name: id,
  tables: [],
  sets: [],
  interfaces: [{ name: 'lo', index: 1, isUp: true }],
  routes: [],
  rules: [],
  sysctls: new Map([['net.ipv4.ip_forward', '0']]),
  formerSysctls: new Map(),
});

const factsOfHosts: fc.Arbitrary<HostFacts> = fc.constantFrom<HostFacts>(
  docker,
  { ...docker, engineFiltersRaw: true },
  { ...docker, engine: 'podman', ipv6: false },
  { ...docker, framesRefused: 'no such family' },
);

test('whatever containers do, what is built upon what was before is what follows from them alone', () => {
  let kept = 0;
  let settled = 0;
  fc.assert(
    fc.property(factsOfHosts, files, hosts, steps, (facts, config, first, list) => {
      const resolver = new Resolver(new KnownPolicies());
      let host = hostWith(first, first.inventory.containers.map(labelled));
      let before: Compared | undefined;
      for (const [at, step] of [...list.entries()]) {
        host = damaged(hostWith(host, after(host.inventory.containers, step, at)), step);
        for (let round = 0; round < 3; round++) {
          const desired = resolver.resolve(config, host.inventory, mine, facts);
          const alone = resolve(config, host.inventory, mine, facts);
          expect({ ...desired, namespaces: [...desired.namespaces] }).toStrictEqual({
            ...alone,
            namespaces: [...alone.namespaces],
          });
          const isSettled = before && settledSince(before, { desired, observed: host });
          for (const [id, wanted] of desired.namespaces) {
            if (before?.desired.namespaces.get(id) === wanted) kept++;
            if (isSettled?.(id) === true) settled++;
          }
          const planned = plan(desired, host, mine, facts, [], isSettled);
          expect(planned).toStrictEqual(plan(alone, host, mine, facts));
          before = planned.operations.length === 0 ? { desired, observed: host } : undefined;
          if (before !== undefined) break;
          const done = doneTo(host, planned);
          if (done === undefined) return;
          host = done;
        }
      }
    }),
    { numRuns: 150 },
  );
  // Else nothing was put to the test.
  expect(kept).toBeGreaterThan(100);
  expect(settled).toBeGreaterThan(100);
});
