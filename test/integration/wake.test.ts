import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Container } from '../host/container.ts';
import { entryOf, isRunning, limit, startWakeScene, type WakeScene } from './wake-scene.ts';
import { perlServer } from './wake-server.ts';

describe('a container on demand', { timeout: 120_000 }, () => {
  let scene: WakeScene;
  let web: Container;
  let hand: Container;
  let taken: Container;

  beforeAll(async () => {
    scene = await startWakeScene();
    web = await perlServer(scene, 'web');
    hand = await scene.webServer('hand');
    taken = await scene.webServer('taken');
    await scene.webServer('broken', { before: 'exit 3' });
    await scene.webServer('silent', { before: 'sleep 1000' });
    await scene.watch({
      web: entryOf(9090, 'web', { idle: 5 }),
      hand: { listen: 9095, target: { container_name: 'hand', port: 80 } },
      taken: entryOf(9096, 'taken', { idle: 1 }),
      narrow: entryOf('10.9.0.1:9091', 'web', { sources: ['10.9.0.99'], idle: 2 }),
      broken: { listen: 9092, target: { container_name: 'broken', port: 80 } },
      silent: entryOf(9093, 'silent', { start_timeout: 2 }),
      nobody: { listen: 9094, target: { container_name: 'nobody', port: 80 } },
    });
  });

  afterAll(async () => await scene.stop());

  test('is started by the first connection, which is answered', async () => {
    expect(await isRunning(web)).toBe(false);
    await scene.answers(9090, 'web');
    expect(await isRunning(web)).toBe(true);
    expect(await scene.statusOf('web')).toMatchObject({ wakes: 1 });
  });

  test('is stopped when nothing has passed for as long as the file says, and wakes again', async () => {
    await scene.untilState('web', 'asleep');
    expect(await isRunning(web)).toBe(false);
    await scene.answers(9090, 'web', { count: 200 });
    expect(await scene.statusOf('web')).toMatchObject({ wakes: 2 });
  });

  test('that was stopped by hand sleeps and is woken by the next connection', async () => {
    await scene.answers(9095, 'hand');
    await hand.stop();
    await scene.untilState('hand', 'asleep');
    await scene.answers(9095, 'hand');
    expect(await scene.statusOf('hand')).toMatchObject({ wakes: 2 });
  });

  test('that ends with no other word sleeps and is woken by the next connection', async () => {
    await scene.host.docker.getContainer('hand').kill();
    await scene.untilState('hand', 'asleep');
    // The kernel leads to one that died until it is told otherwise, a moment later.
    await scene.until('nobody is led to hand', async () => {
      const rules = await scene.host.sh('iptables-save -t nat');
      return !rules.includes('(on demand hand)');
    });
    await scene.answers(9095, 'hand');
  });

  test('that was started by hand is awake, and put to sleep', async () => {
    await taken.start();
    await scene.daemon.waitForLine(/"message":"awake","on_demand":"taken"/, limit);
    await scene.daemon.waitForLine(/"message":"asleep","on_demand":"taken"/, limit);
    expect(await isRunning(taken)).toBe(false);
    expect(await scene.statusOf('taken')).toMatchObject({ wakes: 0 });
  });

  test('is not woken by who may not connect, nor listens elsewhere', async () => {
    await scene.untilState('web', 'asleep');
    await scene.refuses(9091);
    expect(await scene.ask(9091, { from: scene.host, to: '127.0.0.1' })).toMatchObject([
      { error: 'ECONNREFUSED' },
    ]);
    expect(await scene.statusOf('narrow')).toMatchObject({ state: 'asleep', wakes: 0 });
  });

  test('that ends at once sends its clients away and says why', async () => {
    await scene.refuses(9092);
    await scene.untilState('broken', 'asleep');
    expect((await scene.statusOf('broken')).why).toBe('broken ended with exit code 3');
  });

  test('that does not answer in time sends its clients away, is stopped again, and says why', async () => {
    const [answer] = await scene.ask(9093);
    expect(answer).toMatchObject({ error: 'ECONNRESET' });
    await scene.untilState('silent', 'asleep');
    expect((await scene.statusOf('silent')).why).toMatch(
      /^not ready after 2 s: nothing answers at .* port 80$/,
    );
  });

  test('that is not there sends its clients away until it is', async () => {
    await scene.refuses(9094);
    await scene.untilState('nobody', 'asleep');
    expect((await scene.statusOf('nobody')).why).toBe('no container is called nobody');
    await scene.webServer('nobody');
    await scene.answers(9094, 'nobody');
    expect(await scene.statusOf('nobody')).not.toHaveProperty('why');
  });
});
