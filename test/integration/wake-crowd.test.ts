import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Container } from '../host/container.ts';
import type { HostProcess } from '../host/host-process.ts';
import type { Outside } from '../host/outside.ts';
import { entryOf, isRunning, limit, startWakeScene, type WakeScene } from './wake-scene.ts';
import { perlServer } from './wake-server.ts';

const clients = 1000;
const bytes = 1024 ** 3;
const connections = 40;
const [storm, exchange] = ['wake-storm.mjs', 'wake-exchange.mjs'].map((name) =>
  fileURLToPath(new URL(name, import.meta.url)),
);

describe('a container on demand that much is asked of', { timeout: 240_000 }, () => {
  let scene: WakeScene;
  let crowd: Container;
  let left: Container;
  let beyond: Outside;
  let quiet: HostProcess;

  beforeAll(async () => {
    scene = await startWakeScene();
    const { host } = scene;
    beyond = await host.outside('lan1', '10.9.1.1/24', '10.9.1.2/24');
    crowd = await perlServer(scene, 'crowd', { gated: true });
    left = await perlServer(scene, 'left');
    await perlServer(scene, 'bytes', { does: 'exchange' });
    await scene.watch({
      crowd: entryOf(9090, 'crowd'),
      bytes: entryOf(9091, 'bytes', { handover: false }),
      left: entryOf(9092, 'left', { handover: false, idle: 1 }),
    });
    // Says nothing, so the server waits for it.
    const open = `use Socket; for (1 .. 20) { socket(my $s, PF_INET, SOCK_STREAM, 0); connect($s, sockaddr_in(9092, inet_aton('10.9.1.1'))) or die; push @all, $s }
      $| = 1; print "open\\n"; sleep 1000`;
    quiet = await host.spawn(['perl', '-e', open], { in: beyond });
    await quiet.waitForLine(/open/, limit);
    await scene.until('twenty are carried', async () => (await scene.statusOf('left')).carried === 20);
    await host.sh('ip link set lan1 down');
  });

  afterAll(async () => await scene.stop());

  test('answers a thousand clients that came while it slept, with one start', async () => {
    const { host, lan, address } = scene;
    const argv = [process.execPath, storm ?? '', address, '9090', 'crowd'];
    const asking = await host.spawn(argv, { in: lan });
    asking.write(`${clients}\n`);
    await scene.until('all are held', async () => (await scene.statusOf('crowd')).held === clients);
    const gate = `/dev/tcp/${await crowd.address()}/81`;
    await host.sh(`bash -c 'exec 3<>${gate}'`);
    const answer: unknown = JSON.parse(await asking.waitForLine(/^\{/, limit));
    expect(answer, scene.daemon.lines.join('\n')).toEqual({ answered: clients, others: [] });
    expect(await scene.statusOf('crowd')).toMatchObject({ wakes: 1, held: 0 });
    expect(scene.daemon.lines.filter((line) => line.includes('Warning'))).toEqual([]);
  });

  test('gets a gigabyte and gives one through the program, whichever side of a connection ends first', async () => {
    const { host, lan, address } = scene;
    const argv = [process.execPath, exchange ?? '', address, '9091', String(bytes), String(connections)];
    const began = performance.now();
    const { stdout, stderr } = await host.exec(argv, { in: lan, timeout: 200_000 });
    console.info(`${bytes} bytes both ways: ${Math.round(performance.now() - began)} ms`);
    expect(stderr, scene.daemon.lines.join('\n')).toBe('');
    expect(JSON.parse(stdout)).toEqual({ wrong: [], said: connections });
    const { toTarget, toClient } = await scene.statusOf('bytes');
    expect(Math.min(toTarget, toClient)).toBeGreaterThanOrEqual(bytes);
  });

  test('is not kept awake by clients that are gone without a word', async () => {
    const isAsleep = async () => (await scene.statusOf('left')).state === 'asleep';
    await scene.until('asleep', isAsleep, 150_000);
    expect(await scene.statusOf('left')).toMatchObject({ carried: 0, held: 0 });
    expect(await isRunning(left)).toBe(false);
    await quiet.kill('SIGKILL');
  });
});
