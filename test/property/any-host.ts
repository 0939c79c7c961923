import fc from 'fast-check';
import type { Config, IpEntry, NetworkEntry, PolicyEntry } from '../../src/model/config.ts';
import type { ContainerState, NetworkState } from '../../src/model/inventory.ts';
import type { Observed } from '../../src/model/observed.ts';
import { open } from '../plain.ts';

const origin = { file: 'networks.yaml', pointer: '' };
const networkNames = ['front', 'back', 'side', 'theirs'] as const;
const containerNames = ['web', 'db', 'vpn', 'guest', 'other'] as const;
const subnetOf = (index: number, variant: number): string => `10.${variant}.${index}.0/24`;

const networkEntries: fc.Arbitrary<readonly NetworkEntry[]> = fc.subarray([0, 1, 2]).chain((indexes) =>
  fc.tuple(
    ...indexes.map((index) =>
      fc.record({ variant: fc.constantFrom(1, 2), recreate: fc.boolean() }).map(
        ({ variant, recreate }): NetworkEntry => ({
          origin: { ...origin, pointer: `/networks/${index}` },
          key: networkNames[index] ?? '',
          name: networkNames[index] ?? '',
          subnets: [{ family: 4, subnet: subnetOf(index, variant), gateway: `10.${variant}.${index}.1` }],
          options: {},
          labels: {},
          onConflict: recreate ? 'recreate' : 'fail',
          ...open,
        }),
      ),
    ),
  ),
);

/** At most one address of a container in a network, each address once: what load lets through. */
function ipEntries(networks: readonly NetworkEntry[]): fc.Arbitrary<readonly IpEntry[]> {
  const places = networks.flatMap((network) => containerNames.map((container) => ({ network, container })));
  return fc.subarray(places).map((chosen) =>
    chosen.map(({ network, container }, index) => {
      const ip = (network.subnets[0]?.subnet ?? '').replace('.0/24', `.${10 + index}`);
      return {
        origin: { ...origin, pointer: `/ips/${index}` },
        key: ip,
        ip,
        family: 4 as const,
        network: network.name,
        containerName: container,
        aliases: index % 2 === 0 ? [] : ['also'],
      };
    }),
  );
}

const names = fc.constantFrom<string>(
  ...containerNames,
  ...networkNames,
  'any',
  '10.9.0.0/16',
  'label:role=web',
  'unknown',
);

const policyEntries: fc.Arbitrary<readonly PolicyEntry[]> = fc
  .array(
    fc.record({
      from: names,
      to: names,
      port: fc.integer({ min: 1, max: 65535 }),
      nat: fc.constantFrom('none', 'host', 'inside'),
      action: fc.constantFrom<PolicyEntry['action']>('accept', 'drop', 'reject'),
    }),
    { maxLength: 6 },
  )
  .map((drafts) =>
    drafts.map(({ from, to, port, nat, action }, index): PolicyEntry => {
      const common = {
        origin: { ...origin, pointer: `/policies/${index}` },
        index,
        ports: [{ from: port, to: port }],
        proto: 'tcp' as const,
        log: false,
        to: [to],
      };
      if (nat === 'none') return { ...common, action, from: [from] };
      if (nat === 'host') return { ...common, action: 'accept', nat: 'dnat', iface: 'wg0' };
      return { ...common, action: 'accept', nat: 'dnat', selector: from };
    }),
  );

export const configs: fc.Arbitrary<Config> = networkEntries.chain((networks) =>
  fc.record({
    strict: fc.constant(false),
    sets: fc.boolean(),
    networks: fc.constant(networks),
    ips: ipEntries(networks),
    policies: policyEntries,
    routing: fc.constant([]),
    discovery: fc.constant([]),
    onDemand: fc.constant([]),
  }),
);

/** A host on which the same names are in use, some of them ours, some not. */
export const hosts: fc.Arbitrary<Observed> = fc
  .record({
    live: fc.array(fc.record({ variant: fc.constantFrom(1, 2), owned: fc.boolean() }), {
      minLength: 4,
      maxLength: 4,
    }),
    present: fc.subarray([0, 1, 2, 3]),
    places: fc.array(
      fc.record({
        networks: fc.subarray([0, 1, 2, 3]),
        owned: fc.boolean(),
        running: fc.boolean(),
        web: fc.boolean(),
      }),
      { minLength: containerNames.length, maxLength: containerNames.length },
    ),
  })
  .map(({ live, present, places }) => {
    const networks = present.map((index): NetworkState => {
      const { variant, owned } = live[index] ?? { variant: 1, owned: false };
      return {
        id: `network-${index}`,
        name: networkNames[index] ?? '',
        driver: 'bridge',
        internal: false,
        subnets: [
          { subnet: subnetOf(index, index === 3 ? 7 : variant), gateway: `10.${variant}.${index}.1` },
        ],
        options: {},
        labels: {},
        owned: owned && index !== 3,
      };
    });
    const containers = places.map((place, number): ContainerState => {
      const name = containerNames[number] ?? '';
      return {
        id: `container-${number}`,
        name,
        labels: place.web ? { role: 'web' } : {},
        running: place.running,
        ...(place.running && { pid: 100 + number, namespace: `net:[${number}]` }),
        created: 0,
        networkMode: 'bridge',
        publishedPorts: [],
        endpoints: networks
          .filter((_, index) => place.networks.includes(index))
          .map((network) => {
            const address = (network.subnets[0]?.subnet ?? '').replace('.0/24', `.${10 + number}`);
            return {
              networkId: network.id,
              networkName: network.name,
              addresses: [address],
              requested: [address],
              aliases: [],
              driverOptions: {},
              owned: place.owned && network.owned,
            };
          }),
      };
    });
    const spaces = ['host', ...containers.flatMap(({ namespace }) => namespace ?? [])];
    return {
      backend: 'nft' as const,
      inventory: { networks, containers, keptMembers: [] },
      namespaces: new Map(
        spaces.map((id) => [
          id,
          {
            id,
            name: id,
            tables: [],
            sets: [],
            interfaces: ['lo', 'wg0'].map((name, index) => ({ name, index, isUp: true })),
            routes: [],
            rules: [],
            sysctls: new Map([
              ['net.ipv4.ip_forward', '0'],
              ['net.ipv6.conf.all.forwarding', '0'],
            ]),
            formerSysctls: new Map(),
          },
        ]),
      ),
    };
  });
