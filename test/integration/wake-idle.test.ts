import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Container } from '../host/container.ts';
import type { HostProcess } from '../host/host-process.ts';
import { until } from './daemon-scene.ts';
import {
  ask,
  isRunning,
  limit,
  startDaemon,
  startWakeScene,
  statusOf,
  untilState,
  type WakeScene,
  webServer,
  withLog,
} from './wake-scene.ts';

const entryOf = (name: string, port: number, fields: object) => ({
  [name]: { listen: port, target: { container_name: name, port: 80 }, stop_timeout: 0, ...fields },
});

describe('a container on demand that is idle', { timeout: 120_000 }, () => {
  let scene: WakeScene;
  let daemon: HostProcess;
  let frozen: Container;
  let slow: Container;
  let cut: Container;

  const told = async <T>(work: Promise<T>) => await withLog(daemon, work);
  const isPaused = async () => (await frozen.inspect()).State.Paused;
  /** Asks and asks until it was woken again, which says that it has slept meanwhile. */
  const askUntilWokenAgain = async (name: string, port: number) => {
    await told(
      until(`${name} woken again`, 2 * limit, async () => {
        await ask(scene, port, { count: 20, everyMs: 100 });
        return (await statusOf(scene, name)).wakes > 1;
      }),
    );
  };

  beforeAll(async () => {
    scene = await startWakeScene();
    frozen = await webServer(scene, 'frozen');
    slow = await webServer(scene, 'slow');
    cut = await webServer(scene, 'cut');
    for (const name of ['led', 'carried']) await webServer(scene, name);
    daemon = await startDaemon(scene, {
      ...entryOf('frozen', 9090, { idle: 2, action: 'pause' }),
      ...entryOf('slow', 9091, {
        idle: 2,
        action: 'pause',
        idle_connections: 'ignore',
        handover: false,
      }),
      ...entryOf('led', 9092, { idle: 2, min_packets: 200 }),
      ...entryOf('carried', 9093, { idle: 2, min_bytes: 100_000, handover: false }),
      ...entryOf('cut', 9094, { idle: 2, idle_connections: 'ignore' }),
    });
  });

  afterAll(async () => {
    await daemon.kill();
    // What is frozen cannot be killed where control groups are of the first version.
    for (const container of [frozen, slow])
      if ((await container.inspect()).State.Paused)
        await scene.host.docker.getContainer(container.name).unpause();
    await scene.host.stop();
  });

  test('is paused where the file says so, and goes on where it was', async () => {
    expect(await ask(scene, 9090)).toMatchObject([{ body: 'frozen' }]);
    const { StartedAt } = (await frozen.inspect()).State;
    await told(untilState(scene, 'frozen', 'asleep'));
    expect(await isPaused()).toBe(true);
    expect(await ask(scene, 9090, { count: 20 })).toEqual(
      Array.from({ length: 20 }, () => expect.objectContaining({ body: 'frozen' }) as unknown),
    );
    expect((await frozen.inspect()).State).toMatchObject({ Paused: false, StartedAt });
    expect(await statusOf(scene, 'frozen')).toMatchObject({ wakes: 2 });
  });

  test('that is unpaused by hand is taken over, and one that is paused by hand sleeps', async () => {
    await told(untilState(scene, 'frozen', 'asleep'));
    daemon.forget();
    await scene.host.docker.getContainer('frozen').unpause();
    await daemon.waitForLine(/"message":"awake","on_demand":"frozen","because":"ready"/, limit);
    await told(untilState(scene, 'frozen', 'asleep'));
    expect(await isPaused()).toBe(true);
    expect(await ask(scene, 9090)).toMatchObject([{ body: 'frozen' }]);
    await scene.host.docker.getContainer('frozen').pause();
    await told(untilState(scene, 'frozen', 'asleep'));
    expect(await ask(scene, 9090)).toMatchObject([{ body: 'frozen' }]);
    expect(await isPaused()).toBe(false);
  });

  test('is woken by what comes on a connection that was open when it was paused', async () => {
    const client = await scene.host.spawn(
      ['bash', '-c', 'exec 3<>/dev/tcp/10.9.0.1/9091; read -r; echo "GET / HTTP/1.0" >&3; echo >&3; cat <&3'],
      { in: scene.lan },
    );
    await daemon.waitForLine(/"message":"awake","on_demand":"slow"/, limit);
    await told(untilState(scene, 'slow', 'asleep'));
    expect((await slow.inspect()).State.Paused).toBe(true);
    client.write('now\n');
    await told(client.waitForLine(/^slow$/, limit));
  });

  test('is stopped however often it is asked, when that is less than the file counts', async () => {
    await Promise.all([askUntilWokenAgain('led', 9092), askUntilWokenAgain('carried', 9093)]);
  });

  test('stays awake while as much comes as the file counts', async () => {
    await told(untilState(scene, 'led', 'asleep'));
    const { wakes } = await statusOf(scene, 'led');
    expect(await ask(scene, 9092, { count: 1000, everyMs: 2 })).toHaveLength(1000);
    expect(await statusOf(scene, 'led')).toMatchObject({ wakes: wakes + 1 });
  });

  test('is stopped though a connection is open, where that does not count, which ends then', async () => {
    const quiet = await scene.host.spawn(['bash', '-c', 'exec 3<>/dev/tcp/10.9.0.1/9094; cat <&3'], {
      in: scene.lan,
    });
    await daemon.waitForLine(/"message":"awake","on_demand":"cut"/, limit);
    await told(untilState(scene, 'cut', 'asleep'));
    await quiet.exited;
    expect(await isRunning(cut)).toBe(false);
  });
});
