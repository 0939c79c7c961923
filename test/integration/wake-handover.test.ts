import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Container } from '../host/container.ts';
import { entryOf, isRunning, startWakeScene, type WakeScene } from './wake-scene.ts';

const onDemand = {
  web: entryOf(9090, 'web', { idle: 4 }),
  clock: entryOf(9091, 'clock', { idle: 2 }),
  kept: { listen: 9092, target: { container_name: 'kept', port: 80 }, handover: false },
  busy: entryOf(9093, 'busy', { idle: 1 }),
};

describe('a container on demand that is awake', { timeout: 180_000 }, () => {
  let scene: WakeScene;
  let web: Container;

  const untilSeen = async (address: string) => {
    const look = async () => (await scene.clientSeen(9090)) === address;
    await scene.until(`the client is ${address}`, look);
  };

  beforeAll(async () => {
    scene = await startWakeScene();
    web = await scene.webServer('web');
    for (const name of ['clock', 'kept', 'busy']) await scene.webServer(name);
    await scene.watch(onDemand);
  });

  afterAll(async () => await scene.stop());

  test('sees the real address of its clients, who are led to it by the kernel', async () => {
    await scene.answers(9090, 'web');
    await untilSeen('10.9.0.2');
    const planned = await scene.host.netwright(['plan'], { file: { on_demand: onDemand } });
    expect(planned.stdout).not.toMatch(/dnat tcp\/9090/);
  });

  test('is stopped when nothing has passed by the kernel either, and nothing leads there then', async () => {
    await scene.untilState('web', 'asleep');
    expect(await isRunning(web)).toBe(false);
    await scene.until(
      'no rule',
      async () => !(await scene.host.sh('iptables-save')).includes('(on demand web)'),
    );
    await scene.answers(9090, 'web');
  });

  test('is reached by the host itself through the program', async () => {
    await scene.answers(9090, 'web', { from: scene.host, to: '127.0.0.1' });
  });

  test('is reached through the program alone where the file says so', async () => {
    await scene.answers(9092, 'kept');
    expect(await scene.statusOf('kept')).not.toHaveProperty('handedOver');
    expect(await scene.clientSeen(9092)).not.toBe('10.9.0.2');
  });

  test('is not put to sleep while a connection is open by the kernel, however quiet', async () => {
    await untilSeen('10.9.0.2');
    const quiet = await scene.quietClient(9090);
    await scene.answers(9091, 'clock');
    await scene.untilState('clock', 'asleep');
    expect(await isRunning(web)).toBe(true);
    await quiet.kill('SIGKILL');
    await scene.untilState('web', 'asleep');
  });

  test('answers whoever connects at any instant of its falling asleep and waking', async () => {
    const others: object[] = [];
    const hasSlept = async () => {
      const answers = await scene.ask(9093, { count: 10, everyMs: 700 });
      others.push(...answers.filter(({ body }) => body !== 'busy'));
      return (await scene.statusOf('busy')).wakes > 3;
    };
    await scene.until('woken four times', hasSlept, 120_000);
    expect(others).toEqual([]);
  });

  test('goes on serving when the daemon is killed, and is taken over by the next', async () => {
    await untilSeen('10.9.0.2');
    await scene.daemon.kill('SIGKILL');
    expect(await scene.clientSeen(9090)).toBe('10.9.0.2');
    await scene.watch(onDemand);
    await scene.answers(9090, 'web');
    await untilSeen('10.9.0.2');
    await scene.untilState('web', 'asleep');
    expect(await isRunning(web)).toBe(false);
  });
});
