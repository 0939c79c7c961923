import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Container } from '../host/container.ts';
import { DatagramSender, datagramServer } from './datagram-scene.ts';
import { entryOf, startWakeScene, type WakeScene } from './wake-scene.ts';
import { perlServer } from './wake-server.ts';

const bytes = 4_000_000;
const exchange = fileURLToPath(new URL('wake-exchange.mjs', import.meta.url));

const networks = {
  front: { subnet: ['172.31.1.0/24', 'fd31:1::/64'] },
  back: { subnet: ['172.31.2.0/24', 'fd31:2::/64'] },
};

const onDemand = {
  bytes: entryOf(9090, 'bytes', { idle: 600 }),
  other: entryOf(9091, 'other', { idle: 600 }),
  quiet: entryOf(9092, 'quiet', { idle: 2 }),
  clock: entryOf(9093, 'clock', { idle: 3 }),
  datagrams: entryOf('9053/udp', 'datagrams', { idle: 2 }),
  datagrams6: entryOf('[fd09::1]:9054/udp', 'datagrams6', { idle: 2 }),
};

describe('what the kernel carries to a container on demand', { timeout: 120_000 }, () => {
  let scene: WakeScene;
  let inside: Container;

  const isLed = async (name: string) =>
    (await scene.statusOf(name)).handedOver?.leads === true &&
    (await scene.host.sh('iptables-save -t nat; ip6tables-save -t nat')).includes(`on demand ${name})`);
  const untilLed = async (name: string, meanwhile: () => Promise<unknown> = () => Promise.resolve()) =>
    await scene.until('led', async () => {
      await meanwhile();
      return await isLed(name);
    });
  /** So many bytes each way, over three connections, and what each has come to is asked by further ones. */
  const exchangeBytes = async () => {
    const argv = [process.execPath, exchange, scene.address, '9090', String(bytes), '3'];
    const { stdout, stderr } = await scene.told(scene.host.exec(argv, { in: scene.lan, timeout: 60_000 }));
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({ wrong: [], said: expect.any(Number) as unknown });
    const { toTarget, toClient, byKernel = { toTarget: 0, toClient: 0 } } = await scene.statusOf('bytes');
    return { program: Math.min(toTarget, toClient), kernel: byKernel };
  };
  const among = (value: number, least: number) => {
    expect(value).toBeGreaterThanOrEqual(least);
    expect(value).toBeLessThan(1.2 * least);
  };

  beforeAll(async () => {
    scene = await startWakeScene();
    const { host } = scene;
    inside = await host.container('inside');
    await perlServer(scene, 'bytes', { does: 'exchange' });
    for (const name of ['other', 'quiet', 'clock']) await scene.webServer(name);
    await datagramServer(scene, 'datagrams');
    await datagramServer(scene, 'datagrams6', { at: 'fd31:2::53' });
    await scene.watch(onDemand, {
      networks,
      ips: {
        inside: { ip: '172.31.1.10', container_name: 'inside' },
        datagrams: { ip: '172.31.2.52', container_name: 'datagrams' },
        datagrams6: { ip: 'fd31:2::53', container_name: 'datagrams6' },
      },
    });
  });

  afterAll(async () => await scene.stop());

  test('is told by status, beside what the program carried', async () => {
    const first = await exchangeBytes();
    among(first.program, bytes);
    await untilLed('bytes');
    const before = first.kernel;
    const second = await exchangeBytes();
    among(second.program, bytes);
    among(second.kernel.toTarget - before.toTarget, bytes);
    among(second.kernel.toClient - before.toClient, bytes);
    const { stdout } = await scene.host.netwright(['status']);
    expect(stdout).toMatch(
      /✓ bytes +awake, .*4\.\d MB in, 4\.\d MB out, 4\.\d MB in, 4\.\d MB out by the kernel\n/,
    );
  });

  test('counts on when others wake, and over a sleep', async () => {
    const { byKernel = { toTarget: 0, toClient: 0 } } = await scene.statusOf('bytes');
    await scene.answers(9091, 'other');
    await untilLed('other');
    const { exitCode } = await scene.host.netwright(['sleep', 'bytes']);
    expect(exitCode).toBe(0);
    const { byKernel: asleep } = await scene.statusOf('bytes');
    expect(asleep?.toTarget).toBeGreaterThanOrEqual(byKernel.toTarget);
    among(asleep?.toClient ?? 0, byKernel.toClient);
    await scene.host.netwright(['wake', 'bytes']);
    await untilLed('bytes');
    among((await exchangeBytes()).kernel.toTarget, bytes + (asleep?.toTarget ?? 0));
  });

  test('does not keep it awake when a client has vanished for longer than connections are kept', async () => {
    await untilLed('quiet', async () => await scene.ask(9092));
    const { wakes } = await scene.statusOf('quiet');
    const client = await scene.quietClient(9092);
    const patience = '/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_established';
    const usual = Number(await scene.host.sh(`cat ${patience}`));
    // What is left of a shorter time is as if nothing had come by for so long.
    const seem = async (seconds: number) => await scene.host.sh(`echo ${usual + seconds} > ${patience}`);
    await seem(7300);
    await scene.answers(9093, 'clock');
    await scene.untilState('clock', 'asleep');
    expect(await scene.statusOf('quiet')).toMatchObject({ state: 'awake', wakes });
    await seem(7500);
    await scene.untilState('quiet', 'asleep');
    await scene.host.sh(`echo ${usual} > ${patience}`);
    await client.kill('SIGKILL');
  });

  test('is datagrams over IPv6, too', async () => {
    const first = await DatagramSender.start(scene, 9054, { to: 'fd09::1' });
    await untilLed('datagrams6', async () => expect(await first.send(3)).toHaveLength(3));
    const sender = await DatagramSender.start(scene, 9054, { to: 'fd09::1' });
    const answers = await sender.send(15, 250);
    expect(answers.map(({ client }) => client)).toEqual(Array(15).fill('fd09::2'));
    expect(new Set(answers.map(({ from }) => from))).toEqual(new Set(['fd09::1 9054']));
    expect(answers.at(-1)?.turn).toBe((answers[0]?.turn ?? 0) + 14);
    await scene.untilState('datagrams6', 'asleep');
    expect(await sender.send(3)).toHaveLength(3);
  });

  test('is datagrams between two managed networks, which keep it awake', async () => {
    const from = { to: '172.31.1.1', from: inside };
    const first = await DatagramSender.start(scene, 9053, from);
    await untilLed('datagrams', async () => expect(await first.send(3)).toHaveLength(3));
    const sender = await DatagramSender.start(scene, 9053, from);
    const answers = await sender.send(15, 250);
    expect(answers.map(({ text }) => text)).toEqual(Array.from({ length: 15 }, (_, index) => `${index}`));
    expect(answers.at(-1)?.turn).toBe((answers[0]?.turn ?? 0) + 14);
    // Each is a byte or two, and 28 bytes of headers.
    expect((await scene.statusOf('datagrams')).byKernel?.toTarget).toBeGreaterThan(15 * 28);
    await scene.untilState('datagrams', 'asleep');
    expect(await sender.send(3)).toHaveLength(3);
  });
});
