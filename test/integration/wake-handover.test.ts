import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Container } from '../host/container.ts';
import type { HostProcess } from '../host/host-process.ts';
import { until } from './daemon-scene.ts';
import {
  ask,
  clientSeen,
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

const onDemand = {
  web: { listen: 9090, target: { container_name: 'web', port: 80 }, idle: 4, stop_timeout: 0 },
  clock: { listen: 9091, target: { container_name: 'clock', port: 80 }, idle: 2, stop_timeout: 0 },
  kept: { listen: 9092, target: { container_name: 'kept', port: 80 }, handover: false },
  busy: { listen: 9093, target: { container_name: 'busy', port: 80 }, idle: 1, stop_timeout: 0 },
};

describe('a container on demand that is awake', { timeout: 180_000 }, () => {
  let scene: WakeScene;
  let daemon: HostProcess;
  let web: Container;

  const told = async <T>(work: Promise<T>) => await withLog(daemon, work);
  const untilSeen = async (address: string) => {
    const look = async () => (await clientSeen(scene, 9090)) === address;
    await told(until(`the client is ${address}`, limit, look));
  };

  beforeAll(async () => {
    scene = await startWakeScene();
    web = await webServer(scene, 'web');
    for (const name of ['clock', 'kept', 'busy']) await webServer(scene, name);
    daemon = await startDaemon(scene, onDemand);
  });

  afterAll(async () => await scene.host.stop());

  test('sees the real address of its clients, who are led to it by the kernel', async () => {
    expect(await ask(scene, 9090)).toMatchObject([{ body: 'web' }]);
    await untilSeen('10.9.0.2');
    const planned = await scene.host.netwright(['plan'], { file: { on_demand: onDemand } });
    expect(planned.stdout).not.toMatch(/dnat tcp\/9090/);
  });

  test('is stopped when nothing has passed by the kernel either, and nothing leads there then', async () => {
    await told(untilState(scene, 'web', 'asleep'));
    expect(await isRunning(web)).toBe(false);
    await told(
      until(
        'no rule',
        limit,
        async () => !(await scene.host.sh('iptables-save')).includes('(on demand web)'),
      ),
    );
    expect(await ask(scene, 9090)).toMatchObject([{ body: 'web' }]);
  });

  test('is reached by the host itself through the program', async () => {
    expect(await ask(scene, 9090, { from: scene.host, to: '127.0.0.1' })).toMatchObject([{ body: 'web' }]);
  });

  test('is reached through the program alone where the file says so', async () => {
    expect(await ask(scene, 9092)).toMatchObject([{ body: 'kept' }]);
    expect(await statusOf(scene, 'kept')).not.toHaveProperty('handedOver');
    expect(await clientSeen(scene, 9092)).not.toBe('10.9.0.2');
  });

  test('is not put to sleep while a connection is open by the kernel, however quiet', async () => {
    await untilSeen('10.9.0.2');
    const quiet = await scene.host.spawn(['bash', '-c', 'exec 3<>/dev/tcp/10.9.0.1/9090; cat'], {
      in: scene.lan,
    });
    expect(await ask(scene, 9091)).toMatchObject([{ body: 'clock' }]);
    await told(untilState(scene, 'clock', 'asleep'));
    expect(await isRunning(web)).toBe(true);
    quiet.endInput();
    await quiet.exited;
    await told(untilState(scene, 'web', 'asleep'));
  });

  test('answers whoever connects at any instant of its falling asleep and waking', async () => {
    const others: object[] = [];
    const hasSlept = async () => {
      const answers = await ask(scene, 9093, { count: 10, everyMs: 700 });
      others.push(...answers.filter(({ body }) => body !== 'busy'));
      return (await statusOf(scene, 'busy')).wakes > 3;
    };
    await told(until('woken four times', 120_000, hasSlept));
    expect(others).toEqual([]);
  });

  test('goes on serving when the daemon is killed, and is taken over by the next', async () => {
    await untilSeen('10.9.0.2');
    await daemon.kill('SIGKILL');
    expect(await clientSeen(scene, 9090)).toBe('10.9.0.2');
    daemon = await startDaemon(scene, onDemand);
    expect(await ask(scene, 9090)).toMatchObject([{ body: 'web' }]);
    await untilSeen('10.9.0.2');
    await told(untilState(scene, 'web', 'asleep'));
    expect(await isRunning(web)).toBe(false);
  });
});
