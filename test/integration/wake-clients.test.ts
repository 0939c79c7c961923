import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Container } from '../host/container.ts';
import type { HostProcess } from '../host/host-process.ts';
import type { Place } from '../host/inside.ts';
import type { Outside } from '../host/outside.ts';
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

const entryOf = (listen: number | string, name: string, fields: object = {}) => ({
  listen,
  target: { container_name: name, port: 80 },
  stop_timeout: 0,
  ...fields,
});

describe('a container on demand, by who asks', { timeout: 120_000 }, () => {
  let scene: WakeScene;
  let daemon: HostProcess;
  let beside: Container;
  let inside: Container;
  let shared: Container;
  let stranger: Outside;

  const told = async <T>(work: Promise<T>) => await withLog(daemon, work);
  const carriedByKernel = async (name: string) => (await statusOf(scene, name)).byKernel?.toClient ?? 0;
  /** Whom the container sees, once the kernel leads them. */
  const seenByKernel = async (name: string, port: number, options: { from?: Place; to?: string }) => {
    let seen: string | undefined;
    const isLed = async () => {
      const before = await carriedByKernel(name);
      seen = await clientSeen(scene, port, options);
      return seen !== undefined && (await carriedByKernel(name)) > before;
    };
    await told(until('led by the kernel', limit, isLed));
    return seen;
  };

  beforeAll(async () => {
    scene = await startWakeScene();
    const { host } = scene;
    stranger = await host.outside('lan1', '10.9.1.1/24', '10.9.1.2/24');
    beside = await host.container('beside');
    inside = await host.container('inside');
    for (const name of ['web', 'some', 'back']) await webServer(scene, name);
    const checked = 'while ip -6 addr | grep -q tentative; do sleep 0.1; done';
    await webServer(scene, 'six', { at: '[fd31:2::6]:80', before: checked });
    shared = await webServer(scene, 'shared', {
      networkMode: 'host',
      at: '8081',
      labels: { 'proxytainer.group': 'mine' },
    });
    daemon = await startDaemon(
      scene,
      {
        web: entryOf(9090, 'web'),
        six: entryOf('[fd09::1]:9091', 'six'),
        some: entryOf(9092, 'some', { sources: ['10.9.0.2'] }),
        back: entryOf(9093, 'back'),
        shared: { listen: 9094, target: 'localhost:8081', group: 'mine', idle: 2, stop_timeout: 0 },
      },
      {
        networks: {
          front: { subnet: ['172.31.1.0/24', 'fd31:1::/64'] },
          back: { subnet: ['172.31.2.0/24', 'fd31:2::/64'] },
        },
        ips: {
          inside: { ip: '172.31.1.10', container_name: 'inside' },
          back: { ip: '172.31.2.10', container_name: 'back' },
          six: { ip: 'fd31:2::6', container_name: 'six' },
        },
      },
    );
  });

  afterAll(async () => await scene.host.stop());

  test('is woken by a container of its own network, and reached by the kernel then', async () => {
    expect(await told(ask(scene, 9090, { from: beside }))).toMatchObject([{ body: 'web' }]);
    expect(await statusOf(scene, 'web')).toMatchObject({ wakes: 1 });
    // Its answers would not come back by the host if it saw a neighbour.
    expect(await seenByKernel('web', 9090, { from: beside })).not.toBe(await beside.address());
  });

  test('is woken by a container of another managed network, and reached by the kernel then', async () => {
    const to = '172.31.1.1';
    expect(await told(ask(scene, 9093, { from: inside, to }))).toMatchObject([{ body: 'back' }]);
    expect(await seenByKernel('back', 9093, { from: inside, to })).toBeDefined();
  });

  test('sees clients over IPv6 themselves', async () => {
    const to = 'fd09::1';
    expect(await told(ask(scene, 9091, { to }))).toMatchObject([{ body: 'six' }]);
    expect(await seenByKernel('six', 9091, { to })).toBe('fd09::2');
  });

  test('is for those alone whom the file names, awake or not', async () => {
    const refused = async () =>
      expect(await told(ask(scene, 9092, { from: stranger, to: '10.9.1.1' }))).toMatchObject([
        { error: 'ECONNRESET' },
      ]);
    await refused();
    expect(await statusOf(scene, 'some')).toMatchObject({ state: 'asleep', wakes: 0 });
    expect(await told(ask(scene, 9092))).toMatchObject([{ body: 'some' }]);
    expect(await seenByKernel('some', 9092, {})).toBe('10.9.0.2');
    await refused();
  });

  test("is found where it shares netwright's own namespace, and put to sleep", async () => {
    expect(await isRunning(shared)).toBe(false);
    expect(await told(ask(scene, 9094, { count: 20 }))).toEqual(
      Array.from({ length: 20 }, () => expect.objectContaining({ body: 'shared' }) as unknown),
    );
    expect(await statusOf(scene, 'shared')).not.toHaveProperty('handedOver');
    await told(untilState(scene, 'shared', 'asleep'));
    expect(await isRunning(shared)).toBe(false);
    expect(await told(ask(scene, 9094))).toMatchObject([{ body: 'shared' }]);
    expect(await statusOf(scene, 'shared')).toMatchObject({ wakes: 2 });
  });
});
