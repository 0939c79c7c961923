import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Container } from '../host/container.ts';
import { type AskOptions, entryOf, isRunning, limit, startWakeScene, type WakeScene } from './wake-scene.ts';

describe('a container on demand that is idle', { timeout: 120_000 }, () => {
  let scene: WakeScene;
  let frozen: Container;
  let slow: Container;
  let cut: Container;

  const isPaused = async () => (await frozen.inspect()).State.Paused;
  /** Asks and asks until it was woken again, which says that it has slept meanwhile. */
  const askUntilWokenAgain = async (name: string, port: number, options: AskOptions) => {
    const { wakes } = await scene.statusOf(name);
    const isWokenAgain = async () => {
      await scene.ask(port, options);
      return (await scene.statusOf(name)).wakes > wakes + 1;
    };
    await scene.until(`${name} woken again`, isWokenAgain, 2 * limit);
  };
  /** Many questions at a time or few; usual ones or large ones. */
  const [many, few] = [
    { count: 50, everyMs: 2 },
    { count: 2, everyMs: 200 },
  ];
  const large = { path: `/${'x'.repeat(5000)}` };

  beforeAll(async () => {
    scene = await startWakeScene();
    frozen = await scene.webServer('frozen');
    slow = await scene.webServer('slow');
    cut = await scene.webServer('cut');
    for (const name of ['led', 'carried', 'both']) await scene.webServer(name);
    await scene.watch({
      frozen: entryOf(9090, 'frozen', { idle: 2, action: 'pause' }),
      slow: entryOf(9091, 'slow', {
        idle: 2,
        action: 'pause',
        idle_connections: 'ignore',
        handover: false,
      }),
      led: entryOf(9092, 'led', { idle: 2, min_packets: 200 }),
      carried: entryOf(9093, 'carried', { idle: 2, min_bytes: 100_000, handover: false }),
      both: entryOf(9095, 'both', { idle: 2, min_packets: 60, min_bytes: 10_000, handover: false }),
      cut: entryOf(9094, 'cut', { idle: 2, idle_connections: 'ignore' }),
    });
  });

  afterAll(async () => {
    await scene.daemon.kill();
    // What is frozen cannot be killed where control groups are of the first version.
    for (const container of [frozen, slow])
      if ((await container.inspect()).State.Paused)
        await scene.host.docker.getContainer(container.name).unpause();
    await scene.stop();
  });

  test('is paused where the file says so, and goes on where it was', async () => {
    await scene.answers(9090, 'frozen');
    const { StartedAt } = (await frozen.inspect()).State;
    await scene.untilState('frozen', 'asleep');
    expect(await isPaused()).toBe(true);
    await scene.answers(9090, 'frozen', { count: 20 });
    expect((await frozen.inspect()).State).toMatchObject({ Paused: false, StartedAt });
    expect(await scene.statusOf('frozen')).toMatchObject({ wakes: 2 });
  });

  test('that is unpaused by hand is taken over, and one that is paused by hand sleeps', async () => {
    await scene.untilState('frozen', 'asleep');
    scene.daemon.forget();
    await scene.host.docker.getContainer('frozen').unpause();
    await scene.daemon.waitForLine(/"message":"awake","on_demand":"frozen","because":"ready"/, limit);
    await scene.untilState('frozen', 'asleep');
    expect(await isPaused()).toBe(true);
    await scene.answers(9090, 'frozen');
    await scene.host.docker.getContainer('frozen').pause();
    await scene.untilState('frozen', 'asleep');
    await scene.answers(9090, 'frozen');
    expect(await isPaused()).toBe(false);
  });

  test('is woken by what comes on a connection that was open when it was paused', async () => {
    const client = await scene.host.spawn(
      ['bash', '-c', 'exec 3<>/dev/tcp/10.9.0.1/9091; read -r; echo "GET / HTTP/1.0" >&3; echo >&3; cat <&3'],
      { in: scene.lan },
    );
    await scene.daemon.waitForLine(/"message":"awake","on_demand":"slow"/, limit);
    await scene.untilState('slow', 'asleep');
    expect((await slow.inspect()).State.Paused).toBe(true);
    client.write('now\n');
    await scene.told(client.waitForLine(/^slow$/, limit));
  });

  test('is stopped however often it is asked, when that is less than the file counts', async () => {
    await Promise.all([
      askUntilWokenAgain('led', 9092, { count: 20, everyMs: 100 }),
      askUntilWokenAgain('carried', 9093, { count: 20, everyMs: 100 }),
      askUntilWokenAgain('both', 9095, many),
    ]);
    await askUntilWokenAgain('both', 9095, { ...few, ...large });
  });

  test('stays awake while as much comes as the file counts', async () => {
    const staysAwake = async (name: string, port: number, options: AskOptions) => {
      await scene.untilState(name, 'asleep');
      const { wakes } = await scene.statusOf(name);
      expect(await scene.ask(port, options)).toHaveLength(1000);
      expect(await scene.statusOf(name)).toMatchObject({ wakes: wakes + 1 });
    };
    await Promise.all([
      staysAwake('led', 9092, { count: 1000, everyMs: 2 }),
      staysAwake('both', 9095, { count: 1000, everyMs: 2, path: `/${'x'.repeat(500)}` }),
    ]);
  });

  test('is stopped though a connection is open, where that does not count, which ends then', async () => {
    const quiet = await scene.quietClient(9094);
    await scene.daemon.waitForLine(/"message":"awake","on_demand":"cut"/, limit);
    await scene.untilState('cut', 'asleep');
    await quiet.exited;
    expect(await isRunning(cut)).toBe(false);
  });
});
