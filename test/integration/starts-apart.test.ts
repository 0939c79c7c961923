import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Container } from '../host/container.ts';
import { startHost, type ThrowawayHost } from '../host/throwaway-host.ts';
import { meets, sceneFile, until, untilQuiet } from './daemon-scene.ts';
import { type EngineProxy, startEngineProxy } from './engine-proxy.ts';

/** In ms; an engine is waited for more than twice as long. */
const soon = 25_000;
/** Where the kernel tells of it: a look at everything waits longer for containers that start. */
const told = 10_000;
/** When a container was started that never was. */
const never = '0001-01-01T00:00:00Z';

/** Docker 20.10 answers no question about a container that is being started until it has: here one is, for as long as the test likes. */
const starting = new Set<string>();
let questions = 0;
let answer: () => void = () => undefined;
const started = new Promise<void>((resolve) => {
  answer = resolve;
});

let host: ThrowawayHost;
let proxy: EngineProxy;
let client: Container;
let app: Container;
let late: Container;

beforeAll(async () => {
  host = await startHost();
  const [db] = await Promise.all([
    host.container('db'),
    host.container('app').then((container) => {
      app = container;
    }),
    host.container('late').then((container) => {
      late = container;
    }),
  ]);
  await host.listen(db, { port: 5432 });
  proxy = await startEngineProxy(host, {
    asked: async (path) => {
      if (![...starting].some((id) => path.startsWith(`/containers/${id}/json`))) return;
      questions++;
      await started;
    },
  });
  const daemon = await host.startNetwright(['watch'], {
    file: host.write('networks.json', sceneFile),
    env: { LOG_FORMAT: 'json', DEBUG: '1', DOCKER_HOST: proxy.dockerHost },
  });
  await daemon.waitForLine(/"message":"pass".*"changes":[1-9]/, 30_000);
  client = await host.container('client', { networks: ['front'] });
  await untilQuiet(daemon);
}, 120_000);
afterAll(async () => {
  answer();
  await proxy.close();
  await host.stop();
});

/** Whether a packet to port 80 of the container is led on to the database by the rules inside it. */
const leadsOn = async (address: string) =>
  (await meets(host, client, { address, port: 80, timeoutMs: 200 })) === 'db';

test('a container that starts among others has its rules while the engine answers no question about them', async () => {
  expect(await leadsOn('172.30.1.10')).toBe(true);
  expect(await leadsOn('172.30.1.11')).toBe(true);
  starting.add((await late.inspect()).Id);
  await late.stop();
  await app.restart();
  await until('the rules of one of two', soon, () => leadsOn('172.30.1.10'));
  expect(questions).toBeGreaterThan(0);
}, 90_000);

test('also when all is being looked at and that waits for the engine', async () => {
  const before = questions;
  await until('a look at everything', soon, () => Promise.resolve(questions > before));
  await app.restart();
  await until('the rules of one of two', soon, () => leadsOn('172.30.1.10'));
}, 90_000);

test('also when that look follows a repair on the host', async () => {
  const before = questions;
  await host.sh('iptables -F NETWRIGHT-FORWARD');
  await until('the look after the repair', soon, () => Promise.resolve(questions > before));
  await app.restart();
  await until('the rules of one of two', soon, () => leadsOn('172.30.1.10'));
}, 90_000);

test('and the others have theirs once they have started', async () => {
  starting.clear();
  answer();
  await late.start();
  await until('the rules of the other', soon, () => leadsOn('172.30.1.11'));
}, 90_000);

test('what is flushed on the host is put right while containers start without end', async () => {
  const brief = await Promise.all(
    ['brief', 'briefer'].map((name) => host.container(name, { cmd: ['true'], start: false })),
  );
  let isOver = false;
  const starting = brief.map(async (container) => {
    // One that has not ended yet is not started.
    while (!isOver) await container.start().catch(() => sleep(10));
  });
  try {
    await until('starts', soon, async () => (await brief[1]?.inspect())?.State.StartedAt !== never);
    await host.sh('iptables -F NETWRIGHT-FORWARD');
    expect(await until('rules on the host', soon, () => leadsOn('172.30.1.11'))).toBeLessThan(told);
  } finally {
    isOver = true;
    await Promise.all(starting);
  }
}, 90_000);
