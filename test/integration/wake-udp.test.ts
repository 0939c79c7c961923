import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Container } from '../host/container.ts';
import { DatagramSender, datagramServer } from './datagram-scene.ts';
import { entryOf, isRunning, startWakeScene, type WakeScene } from './wake-scene.ts';

const onDemand = {
  echo: entryOf('9053/udp', 'echo', { idle: 3 }),
  kept: entryOf(['10.9.0.1:9054/udp', '[fd09::1]:9054/udp'], 'kept', { idle: 2, handover: false }),
  few: entryOf('9055/udp', 'few', { idle: 2, max_held: 2, handover: false }),
};

describe('a container on demand that is sent datagrams', { timeout: 120_000 }, () => {
  let scene: WakeScene;
  let echo: Container;
  let kept: Container;

  beforeAll(async () => {
    scene = await startWakeScene();
    echo = await datagramServer(scene, 'echo', { before: 'sleep 1' });
    kept = await datagramServer(scene, 'kept');
    await datagramServer(scene, 'few', { before: 'sleep 3' });
    await scene.watch(onDemand);
  });

  afterAll(async () => await scene.stop());

  /** A client that the kernel leads to the container: one that came when that was awake. */
  const ledClient = async () => {
    let sender: DatagramSender | undefined;
    const isLed = async () => {
      sender = await DatagramSender.start(scene, 9053);
      return (await sender.send(1))[0]?.client === '10.9.0.2';
    };
    await scene.until('a client led by the kernel', isLed);
    if (sender === undefined) throw new Error('no client');
    return sender;
  };
  const numbers = (count: number) => Array.from({ length: count }, (_, index) => `${index}`);

  test('is started by the first, and gets all of them in order when its port is open', async () => {
    const senders = await Promise.all([1, 2].map(() => DatagramSender.start(scene, 9053)));
    for (const answers of await Promise.all(senders.map((sender) => sender.send(30)))) {
      expect(answers.map(({ text }) => text)).toEqual(numbers(30));
      expect(new Set(answers.map(({ from }) => from))).toEqual(new Set(['10.9.0.1 9053']));
    }
    expect(await scene.statusOf('echo')).toMatchObject({ wakes: 1 });
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
    const { wakes } = await scene.statusOf('echo');
    await scene.untilState('echo', 'asleep');
    expect(await isRunning(echo)).toBe(false);
    expect((await sender.send(5)).map(({ text }) => text)).toEqual(numbers(5));
    expect(await scene.statusOf('echo')).toMatchObject({ wakes: wakes + 1 });
  });

  test('is woken anew by a client that the program had carried, over IPv6, too', async () => {
    const sender = await DatagramSender.start(scene, 9054, { to: 'fd09::1' });
    for (const wakes of [1, 2]) {
      expect((await sender.send(3)).map(({ from }) => from)).toEqual(Array(3).fill('fd09::1 9054'));
      expect(await scene.statusOf('kept')).toMatchObject({ wakes });
      await scene.untilState('kept', 'asleep');
      expect(await isRunning(kept)).toBe(false);
    }
  });

  test('is not asked by more clients than may wait and be carried, until one of those is forgotten', async () => {
    const [one, other] = await Promise.all([1, 2].map(() => DatagramSender.start(scene, 9055)));
    const third = await DatagramSender.start(scene, 9055, { silenceMs: 1000 });
    const served = Promise.all([one?.send(3), other?.send(3)]);
    await scene.until('two are held', async () => (await scene.statusOf('few')).held === 2);
    expect(await third.send(3)).toEqual([]);
    expect((await served).map((answers) => answers?.map(({ text }) => text))).toEqual([
      numbers(3),
      numbers(3),
    ]);
    let turn = 0;
    let sent = 0;
    const isAnswered = async () => {
      sent++;
      turn = (await third.send(1)).at(-1)?.turn ?? 0;
      return turn > 0;
    };
    await scene.until('the third is answered', isAnswered);
    // Nothing that it had sent before came to the server, be that the one that had served the others their six or started anew.
    const ofIts = turn > 6 ? turn - 6 : turn;
    expect(ofIts).toBeLessThanOrEqual(sent);
  });

  test('goes on answering when the daemon is killed, and is taken over by the next', async () => {
    const sender = await ledClient();
    await scene.daemon.kill('SIGKILL');
    expect(await sender.send(2)).toMatchObject(Array(2).fill({ client: '10.9.0.2' }));
    await scene.watch(onDemand);
    expect(await sender.send(2)).toHaveLength(2);
    await ledClient();
    await scene.untilState('echo', 'asleep');
    expect(await isRunning(echo)).toBe(false);
  });
});
