import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Container } from '../host/container.ts';
import type { HostProcess } from '../host/host-process.ts';
import { until } from './daemon-scene.ts';
import { DatagramSender, datagramServer } from './datagram-scene.ts';
import {
  isRunning,
  limit,
  startDaemon,
  startWakeScene,
  statusOf,
  untilState,
  type WakeScene,
  withLog,
} from './wake-scene.ts';

const onDemand = {
  echo: { listen: '9053/udp', target: { container_name: 'echo', port: 53 }, idle: 3, stop_timeout: 0 },
  kept: {
    listen: ['10.9.0.1:9054/udp', '[fd09::1]:9054/udp'],
    target: { container_name: 'kept', port: 53 },
    idle: 2,
    stop_timeout: 0,
    handover: false,
  },
};

describe('a container on demand that is sent datagrams', { timeout: 120_000 }, () => {
  let scene: WakeScene;
  let daemon: HostProcess;
  let echo: Container;
  let kept: Container;

  beforeAll(async () => {
    scene = await startWakeScene();
    echo = await datagramServer(scene, 'echo', { before: 'sleep 1' });
    kept = await datagramServer(scene, 'kept');
    daemon = await startDaemon(scene, onDemand);
  });

  afterAll(async () => await scene.host.stop());

  const told = async <T>(work: Promise<T>) => await withLog(daemon, work);
  /** A client that the kernel leads to the container: one that came when that was awake. */
  const ledClient = async () => {
    let sender: DatagramSender | undefined;
    const isLed = async () => {
      sender = await DatagramSender.start(scene, 9053);
      return (await sender.send(1))[0]?.client === '10.9.0.2';
    };
    await told(until('a client led by the kernel', limit, isLed));
    if (sender === undefined) throw new Error('no client');
    return sender;
  };
  const numbers = (count: number) => Array.from({ length: count }, (_, index) => `${index}`);

  test('is started by the first, and gets all of them in order when its port is open', async () => {
    const senders = await Promise.all([1, 2].map(() => DatagramSender.start(scene, 9053)));
    for (const answers of await told(Promise.all(senders.map((sender) => sender.send(30))))) {
      expect(answers.map(({ text }) => text)).toEqual(numbers(30));
      expect(new Set(answers.map(({ from }) => from))).toEqual(new Set(['10.9.0.1 9053']));
    }
    expect(await statusOf(scene, 'echo')).toMatchObject({ wakes: 1 });
  });

  test('sees the real address of clients that come when it is awake, and stays so while they send', async () => {
    const sender = await ledClient();
    const answers = await sender.send(30, 250);
    expect(answers.map(({ text }) => text)).toEqual(numbers(30));
    const [first, last] = [answers[0], answers.at(-1)];
    expect((last?.turn ?? 0) - (first?.turn ?? 0)).toBe(29);
    expect(first?.client).toBe('10.9.0.2');
  });

  test('sleeps when nobody sends, and is woken by whom the kernel had led', async () => {
    const sender = await ledClient();
    const { wakes } = await statusOf(scene, 'echo');
    await told(untilState(scene, 'echo', 'asleep'));
    expect(await isRunning(echo)).toBe(false);
    expect((await told(sender.send(5))).map(({ text }) => text)).toEqual(numbers(5));
    expect(await statusOf(scene, 'echo')).toMatchObject({ wakes: wakes + 1 });
  });

  test('is woken anew by a client that the program had carried, over IPv6, too', async () => {
    const sender = await DatagramSender.start(scene, 9054, { to: 'fd09::1' });
    for (const wakes of [1, 2]) {
      expect((await told(sender.send(3))).map(({ from }) => from)).toEqual(Array(3).fill('fd09::1 9054'));
      expect(await statusOf(scene, 'kept')).toMatchObject({ wakes });
      await told(untilState(scene, 'kept', 'asleep'));
      expect(await isRunning(kept)).toBe(false);
    }
  });

  test('goes on answering when the daemon is killed, and is taken over by the next', async () => {
    const sender = await ledClient();
    await daemon.kill('SIGKILL');
    expect(await sender.send(2)).toMatchObject(Array(2).fill({ client: '10.9.0.2' }));
    daemon = await startDaemon(scene, onDemand);
    expect(await told(sender.send(2))).toHaveLength(2);
    await ledClient();
    await told(untilState(scene, 'echo', 'asleep'));
    expect(await isRunning(echo)).toBe(false);
  });
});
