import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Container } from '../host/container.ts';
import type { HostProcess } from '../host/host-process.ts';
import { startHost, type ThrowawayHost } from '../host/throwaway-host.ts';

const steady = fileURLToPath(new URL('../host/steady.mjs', import.meta.url));
const reconciler = fileURLToPath(new URL('./reconciler.mjs', import.meta.url));

const changes = 1000;
const groups = 100;
const connectionsEach = 10;
/** One in so many changes takes a permission away that ten connections live by. */
const cutEvery = 50;

const networks = {
  front: { subnet: ['172.30.1.0/24', 'fd30:1::/64'] },
  back: { subnet: ['172.30.2.0/24', 'fd30:2::/64'] },
};
const ips = {
  app4: { ip: '172.30.1.20', container_name: 'app' },
  app6: { ip: 'fd30:1::20', container_name: 'app' },
  db4: { ip: '172.30.2.10', container_name: 'db' },
  db6: { ip: 'fd30:2::10', container_name: 'db' },
  copy: { ip: '172.30.2.11', container_name: 'copy' },
};

interface Kept {
  /** Each by its client's port and its target's. */
  readonly alive: readonly string[];
  readonly silent: readonly string[];
  readonly disorder: readonly string[];
}

/** Connections that live by the same policy. */
interface Group {
  readonly name: string;
  readonly port: number;
  readonly family: 4 | 6;
}

const all: readonly Group[] = Array.from({ length: groups }, (_, index) => ({
  name: `group ${index}`,
  port: 10_000 + index,
  family: index % 2 === 0 ? 4 : 6,
}));

let host: ThrowawayHost;
let app: Container;
let db: Container;
let client: HostProcess;
let netwright: HostProcess;

const policyOf = ({ port }: Group): object => ({ from: 'app', to: 'db', port });

/** What takes a group's permission away, in turn: no policy, one for another port, one to another target, a refusal before it. */
function without(group: Group, turn: number): readonly object[] {
  switch (turn % 4) {
    case 0:
      return [];
    case 1:
      return [{ ...policyOf(group), port: `${group.port + 1000}-${group.port + 1010}` }];
    case 2:
      return [{ ...policyOf(group), to: 'copy' }];
    default:
      return [{ ...policyOf(group), action: 'drop' }, policyOf(group)];
  }
}

/** Of other policies one comes, goes, or is widened with every change. */
function unrelated(change: number): readonly object[] {
  return Array.from({ length: 8 }, (_, index) => ({
    from: index % 3 === 0 ? 'front' : 'app',
    to: index % 2 === 0 ? 'copy' : 'db',
    port: (change >> index) % 2 === 0 ? 20_000 + index : `${20_000 + index}-${20_010 + index}`,
    ...(index % 4 === 3 && { action: 'drop' }),
  })).filter((_, index) => (change >> index) % 3 !== 0);
}

async function apply(policies: readonly object[]): Promise<string> {
  const path = host.write('changing.json', { networks, ips, policies });
  netwright.write(`${path}\n`);
  const answer = JSON.parse(await netwright.waitForLine(/^\{/, 30_000)) as unknown;
  expect(answer).toMatchObject({ ok: true, failed: [] });
  return path;
}

async function report(): Promise<Readonly<Record<string, Kept>>> {
  client.write('report\n');
  return JSON.parse(await client.waitForLine(/^\{/, 10_000)) as Readonly<Record<string, Kept>>;
}

/** How many segments each open connection between the two had to send again, by its client's port and its target's. */
async function sentAgain(place: Container): Promise<ReadonlyMap<string, number>> {
  const listed = await host.sh('ss -HtinO state established', { in: place });
  const counted = listed.split('\n').flatMap((line): readonly (readonly [string, number])[] => {
    const ports = [...line.matchAll(/:(\d+)(?= )/g)].slice(0, 2).map(([, port]) => Number(port));
    const target = ports.find((port) => port >= 10_000 && port < 10_000 + groups);
    const mine = ports.find((port) => port !== target);
    const again = /retrans:\d+\/(\d+)/.exec(line)?.[1] ?? '0';
    return target === undefined || mine === undefined ? [] : [[`${mine} ${target}`, Number(again)]];
  });
  return new Map(counted);
}

beforeAll(async () => {
  host = await startHost();
  for (const [name, options] of Object.entries(networks)) await host.network(name, options);
  app = await host.container('app', { networks: { front: { ipv4: '172.30.1.20', ipv6: 'fd30:1::20' } } });
  db = await host.container('db', { networks: { back: { ipv4: '172.30.2.10', ipv6: 'fd30:2::10' } } });
  await host.container('copy', { networks: { back: { ipv4: '172.30.2.11' } } });
  for (const { port } of all) await host.listen(db, { port });
  netwright = await host.spawn([process.execPath, reconciler, 'once']);
  await apply(all.map(policyOf));
  client = await host.spawn([process.execPath, steady], { in: app });
  const connections = all.map(({ name, port, family }) => ({
    name,
    address: family === 4 ? '172.30.2.10' : 'fd30:2::10',
    port,
    count: connectionsEach,
  }));
  client.write(`${JSON.stringify(connections)}\n`);
  await client.waitForLine(/^open$/, 30_000);
  await sleep(1500);
});

afterAll(async () => await host.stop());

test('a thousand changes end the connections whose permission they take away, and cost no other one a segment', {
  timeout: 900_000,
}, async () => {
  const began = performance.now();
  const before = [await sentAgain(app), await sentAgain(db)] as const;
  expect(before.map(({ size }) => size)).toEqual([1000, 1000]);
  let path = '';
  const gone = new Map<Group, readonly object[]>();
  for (let change = 1; change <= changes; change++) {
    const victim = change % cutEvery === 0 ? all[(change / cutEvery) * 3] : undefined;
    if (victim !== undefined) gone.set(victim, without(victim, gone.size));
    path = await apply([
      ...unrelated(change),
      ...all.flatMap((group) => gone.get(group) ?? [policyOf(group)]),
    ]);
  }
  console.info(`${changes} changes: ${Math.round(performance.now() - began)} ms`);
  expect(gone.size).toBe(changes / cutEvery);
  const { stdout } = await host.netwright(['plan'], { file: path });
  expect(stdout).toMatch(/^No changes/);
  await sleep(2500);

  const kept = await report();
  const lost = [...gone.keys()].map(({ name }) => name);
  for (const [name, { alive, silent, disorder }] of Object.entries(kept)) {
    const dead = lost.includes(name);
    expect({ name, alive: alive.length, silent: silent.length, disorder }).toEqual({
      name,
      alive: dead ? 0 : connectionsEach,
      silent: dead ? connectionsEach : 0,
      disorder: [],
    });
  }
  const survivors = Object.values(kept).flatMap(({ alive }) => alive);
  expect(survivors).toHaveLength(groups * connectionsEach - gone.size * connectionsEach);
  const after = [await sentAgain(app), await sentAgain(db)] as const;
  const again = survivors.filter((port) =>
    after.some((side, index) => side.get(port) !== before[index]?.get(port)),
  );
  expect(again).toEqual([]);
});

test('a segment that is lost would have been seen', async () => {
  const before = await sentAgain(app);
  await host.sh(
    'iptables -I FORWARD -s 172.30.1.20 -p tcp -m statistic --mode nth --every 100 --packet 0 -j DROP',
  );
  await sleep(3000);
  const after = await sentAgain(app);
  const survivors = Object.values(await report()).flatMap(({ alive }) => alive);
  expect(survivors.filter((port) => after.get(port) !== before.get(port)).length).toBeGreaterThan(5);
});
