import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Container } from '../host/container.ts';
import { lacking } from '../host/engine-under-test.ts';
import { type DaemonScene, meets, startDaemonScene, until, untilQuiet } from './daemon-scene.ts';

/** In milliseconds; a look that only time brings would come after half a minute. */
const soon = 10_000;

let scene: DaemonScene;
let late: Container;

beforeAll(async () => {
  scene = await startDaemonScene();
});
afterAll(async () => await scene.host.stop());
beforeEach(async ({ onTestFailed }) => {
  await untilQuiet(scene.daemon);
  onTestFailed(() => console.error(scene.daemon.lines.join('\n')));
});

const toDb = { address: '172.30.2.10', port: 5432, timeoutMs: 200 };
const notAllowed = { address: '172.30.2.10', port: 5433, timeoutMs: 300 };
const fromOutside = { address: '10.9.0.1', port: 8080, timeoutMs: 200 };
const throughApp = { address: '172.30.1.10', port: 80, timeoutMs: 200 };
const throughLate = { address: '172.30.1.11', port: 80, timeoutMs: 200 };

async function isAnswered(from: Container, to: typeof toDb): Promise<boolean> {
  return (await meets(scene.host, from, to)) === 'db';
}

async function isWhole(): Promise<boolean> {
  const { host, app, lan } = scene;
  return (await isAnswered(app, toDb)) && (await meets(host, lan, fromOutside)) === 'db';
}

/** The hook of our chain in a container or on the host. */
async function isHooked(chain: string, ours: string, container?: Container): Promise<boolean> {
  const where = container === undefined ? {} : { in: container };
  const { stdout } = await scene.host.exec(['iptables-save'], where);
  return stdout.includes(`-A ${chain} -j ${ours}`);
}

test('the file is in force, and no more than the file', async () => {
  expect(await isWhole()).toBe(true);
  expect(await meets(scene.host, scene.app, notAllowed)).toBe('timeout');
});

test('a container made while the daemon runs gets its address and its rules', async () => {
  const { host, app } = scene;
  late = await host.container('late', { capAdd: ['NET_ADMIN'], sysctls: { 'net.ipv4.ip_forward': '1' } });
  // No packets yet: who asks for an address before it is there asks again only after a second.
  await until('a new container has its rules', soon, () =>
    isHooked('PREROUTING', 'NETWRIGHT-PREROUTING', late),
  );
  await until(
    'a new container is connected',
    soon,
    async () => 'front' in (await late.inspect()).NetworkSettings.Networks,
  );
  expect(await late.address('front')).toBe('172.30.1.11');
  await until('a new container has its way out', soon, async () => await isAnswered(app, throughLate));
  expect(await isAnswered(late, throughApp)).toBe(true);
});

test('a container that restarts has its rules again', async () => {
  const { host, app, daemon } = scene;
  const started = daemon.waitForLine(/container start late/, soon);
  await late.restart();
  await until(
    'a restarted container has its rules, from the answer of the engine',
    soon,
    async () => await isHooked('PREROUTING', 'NETWRIGHT-PREROUTING', late),
  );
  // Its sysctl and its route follow within the same pass.
  await until('packets go through it', soon, async () => (await meets(host, app, throughLate)) === 'db');
  await started;
});

test.each([
  ['the filter table is flushed', 'iptables -F'],
  ['the nat table is flushed', 'iptables -t nat -F'],
  ['our chains are flushed', 'iptables -F NETWRIGHT-FORWARD; iptables -t nat -F NETWRIGHT-PREROUTING'],
  ['every table is deleted, the engine’s too', 'nft flush ruleset'],
])('%s, and packets pass again', async (what, command) => {
  const { host } = scene;
  await host.sh(command);
  await until(what, soon, isWhole);
  await scene.daemon.waitForLine(/"message":"pass".*"changes":[1-9]/);
});

test('the engine restarts, its containers come back, and packets pass again', async () => {
  const { host, app, db, daemon } = scene;
  // Podman's containers live on without it, and Podman 4 has no such request.
  const mortal = host.isPodman ? [] : [app, db, late];
  for (const { name } of mortal)
    await host.docker.getContainer(name).update({ RestartPolicy: { Name: 'always' } });
  await untilQuiet(daemon);
  await host.restartEngine();
  await until('the engine’s containers are back', soon, async () => {
    const states = await Promise.all([app, db, late].map(async (one) => (await one.inspect()).State.Running));
    return states.every(Boolean);
  });
  if (mortal.length > 0) for (const port of [5432, 5433]) await host.listen(db, { port });
  await until(
    'a restarted engine’s packets pass',
    soon,
    async () => (await isWhole()) && (await isAnswered(late, throughApp)),
  );
  expect(await isAnswered(app, throughLate)).toBe(true);
  expect(await meets(host, app, notAllowed)).toBe('timeout');
});

test('a flush inside a container is repaired', async () => {
  const { host, app } = scene;
  expect(await isAnswered(late, throughApp)).toBe(true);
  await host.sh('iptables -t nat -F', { in: app });
  await until('a flush in a container', soon, async () => await isAnswered(late, throughApp));
});

test('a route that is taken away comes back', async () => {
  const { host } = scene;
  await host.sh('ip route del 10.60.0.0/24');
  await until('a removed route', soon, async () =>
    (await host.sh('ip route')).includes('10.60.0.0/24 via 172.30.1.10'),
  );
});

test('a container that is disconnected is connected again, with its address', async () => {
  const { host, db } = scene;
  // Podman 4 does what it is asked, and then misses its own rules, which were flushed above.
  const flushed = (error: unknown) => expect(String(error)).toContain('No chain/target/match by that name');
  await host.docker.getNetwork('back').disconnect({ Container: 'db', Force: true }).catch(flushed);
  await until('a disconnected container', soon, isWhole);
  expect(await db.address('back')).toBe('172.30.2.10');
});

const keeps = lacking('it removes no network that a container is in, running or not', 'podman');
test.skipIf(keeps)(
  'a network that is removed is made again, and who was to be in it starts there',
  async () => {
    const { host, db } = scene;
    await db.stop();
    await untilQuiet(scene.daemon);
    await host.docker.getNetwork('back').remove();
    // Until then the engine refuses to start it: the network it is to be in is none.
    await scene.daemon.waitForLine(/"message":"changed".*db in back/, soon);
    await db.start();
    await host.listen(db, { port: 5432 });
    await until('its member', soon, isWhole);
    expect(await db.address('back')).toBe('172.30.2.10');
  },
);

test('a sysctl that somebody changed is set again at a SIGHUP', async () => {
  const { host, daemon } = scene;
  const read = async () => (await host.sh('cat /proc/sys/net/ipv4/conf/lan0/accept_redirects')).trim();
  await host.sh('echo 1 >/proc/sys/net/ipv4/conf/lan0/accept_redirects');
  expect(await read()).toBe('1');
  await daemon.signal('SIGHUP');
  await daemon.waitForLine(/"message":"changed".*accept_redirects/, soon);
  expect(await read()).toBe('0');
});
