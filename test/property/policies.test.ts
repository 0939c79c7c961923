import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { containsAddress } from '../../src/model/address.ts';
import type { Config, NetworkEntry, PolicyEntry, PortRange } from '../../src/model/config.ts';
import type { Inventory } from '../../src/model/inventory.ts';
import { hostNamespace } from '../../src/model/namespace.ts';
import { ownership } from '../../src/model/ownership.ts';
import { resolve } from '../../src/resolve/resolve.ts';
import type { Packet } from '../oracle/packet.ts';
import { answerTo, type Traced, trace } from '../oracle/trace.ts';
import { docker, open } from '../plain.ts';

const origin = { file: 'networks.yaml', pointer: '' };

/** Each name of the file and what it means, written down a second time by hand. */
const meanings: Readonly<Record<string, readonly string[]>> = {
  web: ['10.1.0.10/32', 'fd01::10/128'],
  db: ['10.2.0.10/32'],
  shop: ['10.1.0.10/32', 'fd01::10/128', '10.1.0.11/32'],
  front: ['10.1.0.0/24', 'fd01::/64'],
  back: ['10.2.0.0/24'],
  any: ['0.0.0.0/0', '::/0'],
  '10.9.0.0/16': ['10.9.0.0/16'],
  '10.2.0.10': ['10.2.0.10/32'],
  'label:role=guest': ['10.1.0.77/32', '10.2.0.77/32'],
};

const base: Omit<Config, 'policies'> = {
  strict: false,
  sets: true,
  networks: [
    {
      origin,
      key: 'front',
      name: 'front',
      subnets: [
        { family: 4, subnet: '10.1.0.0/24' },
        { family: 6, subnet: 'fd01::/64' },
      ],
      options: {},
      labels: {},
      onConflict: 'fail',
      ...open,
    },
    {
      origin,
      key: 'back',
      name: 'back',
      subnets: [{ family: 4, subnet: '10.2.0.0/24' }],
      options: {},
      labels: {},
      onConflict: 'fail',
      ...open,
    },
  ],
  ips: [
    { container: 'web', ip: '10.1.0.10', network: 'front', service: 'shop' },
    { container: 'web', ip: 'fd01::10', network: 'front', service: 'shop' },
    { container: 'cart', ip: '10.1.0.11', network: 'front', service: 'shop' },
    { container: 'db', ip: '10.2.0.10', network: 'back', service: 'data' },
  ].map(({ container, ip, network, service }) => ({
    origin,
    key: ip,
    ip,
    family: ip.includes(':') ? 6 : 4,
    network,
    containerName: container,
    serviceName: service,
    aliases: [],
  })),
  routing: [],
  discovery: [],
  onDemand: [],
};

const inventory: Inventory = {
  networks: [],
  keptMembers: [],
  containers: [
    {
      id: 'guest',
      name: 'guest',
      labels: { role: 'guest' },
      running: true,
      pid: 7,
      namespace: 'net:[7]',
      created: 0,
      networkMode: 'bridge',
      publishedPorts: [],
      endpoints: ['front', 'back'].map((network) => ({
        networkId: network,
        networkName: network,
        addresses: [network === 'front' ? '10.1.0.77' : '10.2.0.77'],
        aliases: [],
        driverOptions: {},
        owned: false,
      })),
    },
  ],
};

const someName = fc.constantFrom(...Object.keys(meanings));
const somePort = fc.constantFrom(22, 80, 81, 443, 8000, 8050, 8100);
const range: fc.Arbitrary<PortRange> = fc
  .tuple(somePort, somePort)
  .map(([one, other]) => ({ from: Math.min(one, other), to: Math.max(one, other) }));

const somePolicies: fc.Arbitrary<readonly PolicyEntry[]> = fc
  .array(
    fc.record({
      from: fc.array(someName, { minLength: 1, maxLength: 2 }),
      to: fc.array(someName, { minLength: 1, maxLength: 2 }),
      ports: fc.array(range, { maxLength: 18 }),
      proto: fc.constantFrom<PolicyEntry['proto']>('tcp', 'udp', 'icmp', 'any'),
      action: fc.constantFrom<PolicyEntry['action']>('accept', 'drop', 'reject'),
      log: fc.boolean(),
    }),
    { maxLength: 8 },
  )
  .map((drafts) =>
    drafts.map((draft, index) => ({
      ...draft,
      origin,
      index,
      ports: draft.proto === 'tcp' || draft.proto === 'udp' ? draft.ports : [],
    })),
  );

const somePacket: fc.Arbitrary<Packet> = fc.constantFrom<4 | 6>(4, 4, 4, 6).chain((family) => {
  const addresses =
    family === 4
      ? [
          '10.1.0.10',
          '10.1.0.11',
          '10.1.0.99',
          '10.1.0.77',
          '10.2.0.10',
          '10.2.0.77',
          '10.9.4.4',
          '192.0.2.1',
        ]
      : ['fd01::10', 'fd01::99', '2001:db8::1'];
  return fc
    .record({
      family: fc.constant(family),
      source: fc.constantFrom(...addresses),
      destination: fc.constantFrom(...addresses),
      protocol: fc.constantFrom<'tcp' | 'udp' | 'icmp'>('tcp', 'udp', 'icmp'),
      port: fc.oneof(somePort, fc.constantFrom(79, 9000)),
      inInterface: fc.option(fc.constantFrom('nw-front', 'nw-back', 'eth9'), { nil: undefined, freq: 5 }),
    })
    .map(
      ({ inInterface, ...packet }): Packet => ({
        ...packet,
        inInterface: inInterface ?? interfaceOf(packet.source),
        outInterface: interfaceOf(packet.destination),
      }),
    );
});

const networkOf = (address: string): NetworkEntry | undefined =>
  base.networks.find(({ subnets }) => subnets.some(({ subnet }) => containsAddress(subnet, address)));

function interfaceOf(address: string): string {
  const network = networkOf(address);
  return network === undefined ? 'eth9' : `nw-${network.name}`;
}

type Verdict = 'accept' | 'drop' | 'reject' | 'none';

/** What the file says of a new connection: no borrowed source (the guest is in both networks), then the first policy in file order that speaks of it, then what is refused. */
function said({ policies, networks }: Config, packet: Packet): Verdict {
  const home = networkOf(packet.source);
  const isGuest = meanings['label:role=guest']?.includes(`${packet.source}/32`) === true;
  const links = isGuest ? ['nw-front', 'nw-back'] : [`nw-${home?.name ?? ''}`];
  if (home !== undefined && !links.includes(packet.inInterface ?? '')) return 'drop';
  return policySays(policies, packet) ?? refusal(networks, packet);
}

function policySays(policies: readonly PolicyEntry[], packet: Packet): Verdict | undefined {
  const means = (names: readonly string[] | undefined, address: string): boolean =>
    (names ?? []).some((name) => (meanings[name] ?? []).some((cidr) => containsAddress(cidr, address)));
  return policies.find(
    ({ from, to, proto, ports }) =>
      means(from, packet.source) &&
      means(to, packet.destination) &&
      (proto === 'any' || proto === packet.protocol) &&
      (ports.length === 0 ||
        ports.some((each) => each.from <= (packet.port ?? -1) && (packet.port ?? -1) <= each.to)),
  )?.action;
}

function refusal(networks: readonly NetworkEntry[], { inInterface, outInterface }: Packet): Verdict {
  const by = (link: string | undefined) => networks.find(({ name }) => `nw-${name}` === link);
  const [from, to] = [by(inInterface), by(outInterface)];
  if (from !== undefined && to !== undefined) return from === to && !from.isolated ? 'none' : 'drop';
  return from?.egress === 'deny' || to?.ingress === 'deny' ? 'drop' : 'none';
}

const someConfig: fc.Arbitrary<Config> = fc
  .record({
    policies: somePolicies,
    sets: fc.boolean(),
    refusals: fc.array(
      fc.record({
        isolated: fc.boolean(),
        ingress: fc.constantFrom<NetworkEntry['ingress']>('allow', 'deny'),
        egress: fc.constantFrom<NetworkEntry['egress']>('allow', 'deny'),
      }),
      { minLength: 2, maxLength: 2 },
    ),
  })
  .map(({ policies, sets, refusals }) => ({
    ...base,
    sets,
    policies,
    networks: base.networks.map((network, index) => ({ ...network, ...refusals[index] })),
  }));

function traced(config: Config, packet: Packet): Traced {
  const here = resolve(config, inventory, ownership(), docker).namespaces.get(hostNamespace);
  const tables = (here?.tables ?? []).filter(({ family }) => family === packet.family);
  return trace(tables, packet, { sets: here?.sets ?? [] });
}

describe('the rules and sets of any list of policies', () => {
  test('do to a new connection what the first policy that speaks of it says, else what its networks refuse', () => {
    fc.assert(
      fc.property(someConfig, somePacket, (config, packet) => {
        expect(traced(config, packet).verdict).toBe(said(config, packet));
      }),
      { numRuns: 4000 },
    );
  });

  test('let the answers to an allowed connection through', () => {
    fc.assert(
      fc.property(someConfig, somePacket, (config, packet) => {
        const there = traced(config, packet);
        if (there.verdict !== 'accept') return;
        expect(traced(config, answerTo(there)).verdict).toBe('accept');
      }),
      { numRuns: 2000 },
    );
  });
});
