import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Container } from '../host/container.ts';
import type { Place } from '../host/inside.ts';
import type { Outside } from '../host/outside.ts';
import { entryOf, isRunning, startWakeScene, type WakeScene } from './wake-scene.ts';

describe('a container on demand, by who asks', { timeout: 120_000 }, () => {
  let scene: WakeScene;
  let beside: Container;
  let inside: Container;
  let shared: Container;
  let stranger: Outside;

  const carriedByKernel = async (name: string) => (await scene.statusOf(name)).byKernel?.toClient ?? 0;
  /** Whom the container sees, once the kernel leads them. */
  const seenByKernel = async (name: string, port: number, options: { from?: Place; to?: string }) => {
    let seen: string | undefined;
    const isLed = async () => {
      const before = await carriedByKernel(name);
      seen = await scene.clientSeen(port, options);
      return seen !== undefined && (await carriedByKernel(name)) > before;
    };
    await scene.until('led by the kernel', isLed);
    return seen;
  };

  beforeAll(async () => {
    scene = await startWakeScene();
    const { host } = scene;
    stranger = await host.outside('lan1', '10.9.1.1/24', '10.9.1.2/24');
    beside = await host.container('beside');
    inside = await host.container('inside');
    for (const name of ['web', 'some', 'back']) await scene.webServer(name);
    const checked = 'while ip -6 addr | grep -q tentative; do sleep 0.1; done';
    await scene.webServer('six', { at: '[fd31:2::6]:80', before: checked });
    shared = await scene.webServer('shared', {
      networkMode: 'host',
      at: '8081',
      labels: { 'proxytainer.group': 'mine' },
    });
    await scene.watch(
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

  afterAll(async () => await scene.stop());

  test('is woken by a container of its own network, and reached by the kernel then', async () => {
    await scene.answers(9090, 'web', { from: beside });
    expect(await scene.statusOf('web')).toMatchObject({ wakes: 1 });
    // Its answers would not come back by the host if it saw a neighbour.
    expect(await seenByKernel('web', 9090, { from: beside })).not.toBe(await beside.address());
  });

  test('is woken by a container of another managed network, and reached by the kernel then', async () => {
    const to = '172.31.1.1';
    await scene.answers(9093, 'back', { from: inside, to });
    expect(await seenByKernel('back', 9093, { from: inside, to })).toBeDefined();
  });

  test('sees clients over IPv6 themselves', async () => {
    const to = 'fd09::1';
    await scene.answers(9091, 'six', { to });
    expect(await seenByKernel('six', 9091, { to })).toBe('fd09::2');
  });

  test('is for those alone whom the file names, awake or not', async () => {
    const refused = async () => await scene.refuses(9092, { from: stranger, to: '10.9.1.1' });
    await refused();
    expect(await scene.statusOf('some')).toMatchObject({ state: 'asleep', wakes: 0 });
    await scene.answers(9092, 'some');
    expect(await seenByKernel('some', 9092, {})).toBe('10.9.0.2');
    await refused();
  });

  test("is found where it shares netwright's own namespace, and put to sleep", async () => {
    expect(await isRunning(shared)).toBe(false);
    await scene.answers(9094, 'shared', { count: 20 });
    expect(await scene.statusOf('shared')).not.toHaveProperty('handedOver');
    await scene.untilState('shared', 'asleep');
    expect(await isRunning(shared)).toBe(false);
    await scene.answers(9094, 'shared');
    expect(await scene.statusOf('shared')).toMatchObject({ wakes: 2 });
  });
});
