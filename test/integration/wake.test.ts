import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Container } from '../host/container.ts';
import type { HostProcess } from '../host/host-process.ts';
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

describe('a container on demand', { timeout: 120_000 }, () => {
  let scene: WakeScene;
  let daemon: HostProcess;
  let web: Container;
  let hand: Container;
  let taken: Container;

  beforeAll(async () => {
    scene = await startWakeScene();
    web = await webServer(scene, 'web');
    hand = await webServer(scene, 'hand');
    taken = await webServer(scene, 'taken');
    await webServer(scene, 'broken', { before: 'exit 3' });
    await webServer(scene, 'silent', { before: 'sleep 1000' });
    daemon = await startDaemon(scene, {
      web: { listen: 9090, target: { container_name: 'web', port: 80 }, idle: 5, stop_timeout: 0 },
      hand: { listen: 9095, target: { container_name: 'hand', port: 80 } },
      taken: { listen: 9096, target: { container_name: 'taken', port: 80 }, idle: 1, stop_timeout: 0 },
      narrow: {
        listen: '10.9.0.1:9091',
        target: { container_name: 'web', port: 80 },
        sources: ['10.9.0.99'],
        idle: 2,
        stop_timeout: 0,
      },
      broken: { listen: 9092, target: { container_name: 'broken', port: 80 } },
      silent: {
        listen: 9093,
        target: { container_name: 'silent', port: 80 },
        start_timeout: 2,
        stop_timeout: 0,
      },
      nobody: { listen: 9094, target: { container_name: 'nobody', port: 80 } },
    });
  });

  afterAll(async () => await scene.host.stop());

  const told = async <T>(work: Promise<T>) => await withLog(daemon, work);

  test('is started by the first connection, which is answered', async () => {
    expect(await isRunning(web)).toBe(false);
    expect(await ask(scene, 9090)).toMatchObject([{ body: 'web' }]);
    expect(await isRunning(web)).toBe(true);
    expect(await statusOf(scene, 'web')).toMatchObject({ wakes: 1 });
  });

  test('is stopped when nothing has passed for as long as the file says, and wakes again', async () => {
    await told(untilState(scene, 'web', 'asleep'));
    expect(await isRunning(web)).toBe(false);
    expect(await ask(scene, 9090, { count: 200 })).toEqual(
      Array.from({ length: 200 }, () => expect.objectContaining({ body: 'web' }) as unknown),
    );
    expect(await statusOf(scene, 'web')).toMatchObject({ wakes: 2 });
  });

  test('that was stopped by hand sleeps and is woken by the next connection', async () => {
    expect(await ask(scene, 9095)).toMatchObject([{ body: 'hand' }]);
    await hand.stop();
    await told(untilState(scene, 'hand', 'asleep'));
    expect(await ask(scene, 9095)).toMatchObject([{ body: 'hand' }]);
    expect(await statusOf(scene, 'hand')).toMatchObject({ wakes: 2 });
  });

  test('that ends with no other word sleeps and is woken by the next connection', async () => {
    await scene.host.docker.getContainer('hand').kill();
    await told(untilState(scene, 'hand', 'asleep'));
    expect(await ask(scene, 9095)).toMatchObject([{ body: 'hand' }]);
  });

  test('that was started by hand is awake, and put to sleep', async () => {
    await taken.start();
    await daemon.waitForLine(/"message":"awake","on_demand":"taken"/, limit);
    await daemon.waitForLine(/"message":"asleep","on_demand":"taken"/, limit);
    expect(await isRunning(taken)).toBe(false);
    expect(await statusOf(scene, 'taken')).toMatchObject({ wakes: 0 });
  });

  test('is not woken by who may not connect, nor listens elsewhere', async () => {
    await told(untilState(scene, 'web', 'asleep'));
    expect(await ask(scene, 9091)).toMatchObject([{ error: 'ECONNRESET' }]);
    expect(await ask(scene, 9091, { from: scene.host, to: '127.0.0.1' })).toMatchObject([
      { error: 'ECONNREFUSED' },
    ]);
    expect(await statusOf(scene, 'narrow')).toMatchObject({ state: 'asleep', wakes: 0 });
  });

  test('that ends at once sends its clients away and says why', async () => {
    expect(await ask(scene, 9092)).toMatchObject([{ error: 'ECONNRESET' }]);
    await told(untilState(scene, 'broken', 'asleep'));
    expect((await statusOf(scene, 'broken')).why).toBe('broken ended with exit code 3');
  });

  test('that does not answer in time sends its clients away, is stopped again, and says why', async () => {
    const [answer] = await ask(scene, 9093);
    expect(answer).toMatchObject({ error: 'ECONNRESET' });
    await told(untilState(scene, 'silent', 'asleep'));
    expect((await statusOf(scene, 'silent')).why).toMatch(
      /^not ready after 2 s: nothing answers at .* port 80$/,
    );
  });

  test('that is not there sends its clients away until it is', async () => {
    expect(await ask(scene, 9094)).toMatchObject([{ error: 'ECONNRESET' }]);
    await told(untilState(scene, 'nobody', 'asleep'));
    expect((await statusOf(scene, 'nobody')).why).toBe('no container is called nobody');
    await webServer(scene, 'nobody');
    expect(await ask(scene, 9094)).toMatchObject([{ body: 'nobody' }]);
    expect(await statusOf(scene, 'nobody')).not.toHaveProperty('why');
  });
});
