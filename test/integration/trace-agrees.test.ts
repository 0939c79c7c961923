import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { renderRestore } from '../../src/iptables/render.ts';
import type { DesiredTable, Match, Rule, TableName } from '../../src/model/ruleset.ts';
import type { Packet } from '../oracle/packet.ts';
import { type Surroundings, trace } from '../oracle/trace.ts';

const run = promisify(execFile);

/** A client (10.0.0.2), a router with our rules between them, and a server with three addresses that never answers. */
const topology = `mount -t tmpfs none /run
for n in client router server; do ip netns add $n; ip -n $n link set lo up; done
ip -n client link add e0 type veth peer name ra netns router
ip -n server link add e0 type veth peer name rb netns router
ip -n client addr add 10.0.0.2/24 dev e0; ip -n router addr add 10.0.0.1/24 dev ra; ip -n router addr add 10.0.2.254/24 dev rb
for i in 1 2 3; do ip -n server addr add 10.0.2.$i/24 dev e0; done
ip -n client link set e0 up; ip -n server link set e0 up; ip -n router link set ra up; ip -n router link set rb up
ip -n client route add default via 10.0.0.1
ip netns exec router sysctl -qw net.ipv4.ip_forward=1
ip netns exec server iptables-nft -A INPUT -j DROP
send() { ip netns exec client bash -c "echo x > /dev/udp/$1/$2" </dev/null; }
send 10.0.2.1 9; sleep 0.2
`;

const surroundings: Surroundings = {
  localAddresses: ['10.0.0.1', '10.0.2.254'],
  interfaceTo: (destination) => (destination.startsWith('10.0.2.') ? 'rb' : 'ra'),
};

interface Sample {
  readonly packet: Packet;
  readonly tables: readonly DesiredTable[];
}

const range = (from: number, to = from) => ({ from, to });
const maybe = <T>(...values: readonly T[]) =>
  fc.option(fc.constantFrom(...values), { nil: undefined, freq: 2 });
const present = (fields: { [Key in keyof Match]: Match[Key] | undefined }): Match =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

const common = {
  source: maybe('10.0.0.2/32', '10.0.0.0/8', '10.0.2.0/24'),
  destination: maybe('10.0.2.1/32', '10.0.2.2/31', '10.0.2.0/24', '10.0.0.0/24'),
  protocol: fc.constantFrom('udp' as const),
  destinationPorts: maybe([range(80)], [range(80), range(90, 99)], [range(8080)], [range(80, 8080)]),
};
const conntrack = {
  states: maybe<Match['states']>(['NEW'], ['DNAT'], ['RELATED', 'ESTABLISHED'], ['ESTABLISHED', 'DNAT']),
  direction: maybe('ORIGINAL' as const, 'REPLY' as const),
  originalPorts: maybe(range(80), range(90, 95)),
};

const dnat: fc.Arbitrary<Rule> = fc
  .record({
    ...common,
    inInterface: maybe('ra', 'rb', 'r+'),
    toLocalAddress: maybe(true),
    every: maybe(2, 3),
  })
  .chain((match) =>
    fc
      .record({
        address: fc.constantFrom('10.0.2.1', '10.0.2.2', '10.0.2.3'),
        ports: maybe(range(8080), range(90, 99)),
      })
      .map(
        ({ address, ports }): Rule => ({
          match: present(match),
          target: { kind: 'dnat', address, ...(ports !== undefined && { ports }) },
        }),
      ),
  );

const filter: fc.Arbitrary<Rule> = fc
  .tuple(
    fc.record({ ...common, ...conntrack, inInterface: maybe('ra', 'r+'), outInterface: maybe('rb', 'ra') }),
    fc.constantFrom('accept' as const, 'drop' as const),
  )
  .map(([match, kind]) => ({ match: present(match), target: { kind } }));

const masquerade: fc.Arbitrary<Rule> = fc
  .record({ ...common, ...conntrack, outInterface: maybe('rb', 'ra') })
  .map((match) => ({ match: present(match), target: { kind: 'masquerade' } }));

const some = (rules: fc.Arbitrary<Rule>) => fc.array(rules, { minLength: 1, maxLength: 5 });
const samples: fc.Arbitrary<Sample> = fc
  .tuple(
    some(dnat),
    some(filter),
    some(masquerade),
    fc.constantFrom('10.0.0.1', '10.0.2.1', '10.0.2.3'),
    fc.constantFrom(80, 92, 8080),
  )
  .map(([translations, policies, masquerades, destination, port]) => ({
    packet: { family: 4, source: '10.0.0.2', destination, protocol: 'udp', port, inInterface: 'ra' },
    tables: [
      table('nat', { PREROUTING: translations, POSTROUTING: masquerades }),
      table('filter', { FORWARD: policies }),
    ],
  }));

function table(name: TableName, rules: Readonly<Record<string, readonly Rule[]>>): DesiredTable {
  return {
    family: 4,
    table: name,
    chains: Object.entries(rules).map(([from, found]) => ({ name: `OUR-${from}`, rules: found })),
    hooks: Object.keys(rules).map((from) => ({ from: [from], into: `OUR-${from}` })),
  };
}

const connections = 4;

/** How many packets the kernel counted at each rule of ours, chain by chain, when a sample's packet was sent four times. */
async function countedByKernel(found: readonly Sample[]): Promise<readonly string[]> {
  const steps = found.map(({ packet, tables }) => {
    const texts = tables.map(({ family, table: name, chains, hooks }) => {
      const hook = hooks.map(({ from, into }) => ({ chain: from[0] ?? '', to: into }));
      return renderRestore({ family, table: name, chains, hook, unhook: [], removeChains: [] });
    });
    return `ip netns exec router iptables-nft-restore <<'END'\n${texts.join('')}END
ip netns exec router conntrack -F 2>/dev/null
for i in ${Array.from({ length: connections }, (_, n) => n).join(' ')}; do send ${packet.destination} ${packet.port ?? 0}; done
for t in nat filter; do ip netns exec router iptables-nft-save -c -t $t | grep -- '-A OUR-'; done; echo '#end'`;
  });
  const { stdout } = await run('unshare', ['--net', '--mount', 'sh', '-c', topology + steps.join('\n')], {
    env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C' },
    maxBuffer: 1e8,
  });
  return stdout.split('#end\n').slice(0, -1);
}

function hitsIn(saved: string): Record<string, number[]> {
  const hits: Record<string, number[]> = {};
  for (const [, count, chain = ''] of saved.matchAll(/^\[([0-9]+):[0-9]+\] -A (\S+) /gm)) {
    hits[chain] = [...(hits[chain] ?? []), Number(count)];
  }
  return hits;
}

function hitsTraced({ tables, packet }: Sample): Record<string, number[]> {
  const traces = Array.from({ length: connections }, (_, earlier) =>
    trace(tables, packet, { ...surroundings, earlier }),
  );
  const deciding = traces.flatMap(({ by, translatedBy, masqueradedBy }) => [by, translatedBy, masqueradedBy]);
  const chains = tables.flatMap((each) => each.chains);
  return Object.fromEntries(
    chains.map(({ name, rules }) => [
      name,
      rules.map((rule) => deciding.filter((each) => each === rule).length),
    ]),
  );
}

test('a packet meets the rules in the kernel that it meets in the tracer', async () => {
  const found = fc.sample(samples, { numRuns: 60, seed: 3 });
  const counted = await countedByKernel(found);
  expect(counted).toHaveLength(found.length);
  const all = found.map(hitsTraced);
  found.forEach((sample, index) => {
    expect(hitsIn(counted[index] ?? ''), JSON.stringify(sample)).toEqual(all[index]);
  });
  // Rules that nothing meets prove nothing.
  for (const chain of ['OUR-PREROUTING', 'OUR-FORWARD', 'OUR-POSTROUTING']) {
    expect(all.filter((hits) => hits[chain]?.some((count) => count > 0)).length).toBeGreaterThan(10);
  }
});
