import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Container } from '../host/container.ts';
import { isRunning, startWakeScene, type WakeScene } from './wake-scene.ts';

describe('containers on demand, several together', { timeout: 120_000 }, () => {
  let scene: WakeScene;
  let db: Container;
  let side: Container;

  beforeAll(async () => {
    scene = await startWakeScene();
    await scene.host.network('shop', { subnet: '172.30.7.0/24' });
    db = await scene.webServer('db');
    await scene.webServer('shop', {
      networks: { shop: { ipv4: '172.30.7.10' } },
      labels: { 'proxytainer.group': 'shop' },
    });
    side = await scene.webServer('side', { labels: { 'netwright.group': 'shop' } });
    await scene.watch({
      shop: {
        listen: ['10.9.0.1:9090', '[fd09::1]:9090'],
        target: '172.30.7.10:80',
        group: 'shop',
        depends_on: ['db'],
        idle: 3,
        stop_timeout: 0,
      },
      late: { listen: 9091, target: { container_name: 'late', port: 80 }, handover: false },
    });
  });

  afterAll(async () => await scene.stop());

  const startedAt = async (container: Container) => Date.parse((await container.inspect()).State.StartedAt);

  test('are started by either label, after what they depend on', async () => {
    await scene.answers(9090, 'shop');
    expect(await startedAt(db)).toBeLessThan(await startedAt(side));
  });

  test('are all stopped when idle', async () => {
    const isAsleep = async () => !(await isRunning(side)) && !(await isRunning(db));
    await scene.until('all stopped', isAsleep);
  });

  test('are woken over IPv6, too', async () => {
    await scene.answers(9090, 'shop', { to: 'fd09::1' });
    expect(await isRunning(side)).toBe(true);
  });

  test('are reached when they are healthy, though they answer before', async () => {
    await scene.host.docker.createContainer({
      name: 'late',
      Image: 'busybox',
      Cmd: [
        'sh',
        '-c',
        'mkdir /www; (sleep 2; echo healthy > /www/index.html) & exec httpd -f -p 80 -h /www',
      ],
      Healthcheck: { Test: ['CMD', 'test', '-e', '/www/index.html'], Interval: 1e9 },
    });
    await scene.answers(9091, 'healthy');
  });
});
