import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Container } from '../host/container.ts';
import { until } from './daemon-scene.ts';
import {
  ask,
  isRunning,
  limit,
  startDaemon,
  startWakeScene,
  type WakeScene,
  webServer,
} from './wake-scene.ts';

describe('containers on demand, several together', { timeout: 120_000 }, () => {
  let scene: WakeScene;
  let db: Container;
  let side: Container;

  beforeAll(async () => {
    scene = await startWakeScene();
    await scene.host.network('shop', { subnet: '172.30.7.0/24' });
    db = await webServer(scene, 'db');
    await webServer(scene, 'shop', {
      networks: { shop: { ipv4: '172.30.7.10' } },
      labels: { 'proxytainer.group': 'shop' },
    });
    side = await webServer(scene, 'side', { labels: { 'netwright.group': 'shop' } });
    await startDaemon(scene, {
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

  afterAll(async () => await scene.host.stop());

  const startedAt = async (container: Container) => Date.parse((await container.inspect()).State.StartedAt);

  test('are started by either label, after what they depend on', async () => {
    expect(await ask(scene, 9090)).toMatchObject([{ body: 'shop' }]);
    expect(await startedAt(db)).toBeLessThan(await startedAt(side));
  });

  test('are all stopped when idle', async () => {
    const isAsleep = async () => !(await isRunning(side)) && !(await isRunning(db));
    await until('all stopped', limit, isAsleep);
  });

  test('are woken over IPv6, too', async () => {
    expect(await ask(scene, 9090, { to: 'fd09::1' })).toMatchObject([{ body: 'shop' }]);
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
    expect(await ask(scene, 9091)).toMatchObject([{ body: 'healthy' }]);
  });
});
