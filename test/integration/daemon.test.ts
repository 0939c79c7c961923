import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type DaemonScene, meets, sceneFile, startDaemonScene, until, untilQuiet } from './daemon-scene.ts';

let scene: DaemonScene;

beforeAll(async () => {
  scene = await startDaemonScene();
});
afterAll(async () => await scene.host.stop());
beforeEach(async () => await untilQuiet(scene.daemon));

const db = '172.30.2.10';
const policies = sceneFile.policies;

function save(more: readonly object[]): void {
  scene.host.write('networks.json', { ...sceneFile, policies: [...more, ...policies] });
}

/** How often TCP in the client's namespace sent something again. */
async function resent(): Promise<number> {
  const [names = '', values = ''] = (
    await scene.host.sh('grep ^Tcp: /proc/net/snmp', { in: scene.app })
  ).split('\n');
  return Number(values.split(' ')[names.split(' ').indexOf('RetransSegs')]);
}

test('an open connection loses no packet while the policies of others change', async () => {
  const { host, app, daemon } = scene;
  const connection = await host.open(app, { address: db, port: 5432 });
  const before = await resent();
  let edits = 0;
  const editing = (async () => {
    for (; edits < 10; edits++) {
      save(Array.from({ length: edits * 3 + 1 }, (_, n) => ({ from: 'app', to: 'db', port: 6000 + n })));
      await daemon.waitForLine(/"message":"changed"/);
    }
  })();
  let pings = 0;
  while (edits < 10) {
    expect(await connection.ping(5000)).toEqual({ kind: 'echoed' });
    pings++;
    await sleep(2);
  }
  await editing;
  expect(await resent()).toBe(before);
  expect(pings).toBeGreaterThan(50);
  console.info(`${pings} lines echoed during ${edits} edits`);

  // What the count is worth: one lost packet is seen.
  await host.sh(`iptables -t mangle -I FORWARD -s ${db} -j DROP`);
  expect(await connection.ping(600)).toEqual({ kind: 'timeout' });
  await host.sh(`iptables -t mangle -D FORWARD -s ${db} -j DROP`);
  expect(await resent()).toBeGreaterThan(before);
  await connection.close();
});

test('an edit lets pass what it says, and the next one no longer', async () => {
  const { host, app } = scene;
  const to = { address: db, port: 5433, timeoutMs: 200 };
  expect(await meets(host, app, to)).toBe('timeout');
  save([{ from: 'app', to: 'db', port: 5433 }]);
  await until('an edit', 15_000, async () => (await meets(host, app, to)) === 'db');
  save([]);
  await until('its reversal', 15_000, async () => (await meets(host, app, to)) === 'timeout');
});

test('a hundred events are a few passes, told in the order they began, and then there is quiet', async () => {
  const { host, daemon } = scene;
  const names = Array.from({ length: 9 }, (_, n) => `brief-${n}`);
  await Promise.all(names.map(async (name) => await host.container(name, { start: false })));
  await untilQuiet(daemon);
  const stream = await host.docker.getEvents({ filters: { type: ['container', 'network'] } });
  let events = 0;
  stream.on('data', () => events++);
  const from = scene.log().length;
  for (let round = 0; round < 3; round++) {
    await Promise.all(
      names.map(async (name) => {
        await host.docker.getContainer(name).start();
        await host.docker.getContainer(name).kill();
      }),
    );
  }
  // Longer than it backs off where an engine could not tell of containers that were just then going.
  await untilQuiet(daemon, 4500);
  const after = scene.log().length;
  await sleep(2000);
  expect(scene.log().slice(after)).toEqual([]);
  expect(events).toBeGreaterThan(100);
  const passes = scene
    .log()
    .slice(from)
    .filter(({ message }) => message === 'pass');
  console.info(`${events} events, ${passes.length} passes`);
  expect(passes.length).toBeGreaterThan(0);
  expect(passes.length).toBeLessThan(events);
  const began = passes.map(({ time, milliseconds = 0 }) => Date.parse(time) - milliseconds);
  for (const [n, at] of began.entries()) expect(at).toBeGreaterThanOrEqual((began[n - 1] ?? 0) - 2);
});

test.each(['apply', 'destroy', 'watch'])(
  '%s beside the daemon is refused at once, by name of who is at work',
  async (command) => {
    const { host, app, path } = scene;
    const before = await host.save();
    const began = performance.now();
    const refused = await host.netwright([command], { file: path });
    expect(performance.now() - began).toBeLessThan(3000);
    expect(refused).toMatchObject({ exitCode: 1, stdout: '' });
    expect(refused.stderr).toMatch(
      /instance default is at work on this host already: netwright watch .*pid \d+/,
    );
    expect(refused.stderr).toMatch(/^hint: /m);
    expect(await host.save()).toEqual(before);
    expect(await meets(host, app, { address: db, port: 5432 })).toBe('db');
  },
);

test('after SIGTERM the rules stay in force, and there is nothing to do', async () => {
  const { host, app, lan, daemon, path } = scene;
  expect(await daemon.kill('SIGTERM')).toBe(0);
  expect(await meets(host, app, { address: db, port: 5432 })).toBe('db');
  expect(await meets(host, lan, { address: '10.9.0.1', port: 8080 })).toBe('db');
  expect(await meets(host, app, { address: db, port: 5433, timeoutMs: 300 })).toBe('timeout');
  const planned = await host.netwright(['plan'], { file: path });
  expect(planned).toMatchObject({ exitCode: 0 });
  expect(planned.stdout).toMatch(/^No changes\.$/m);
});
