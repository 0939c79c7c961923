import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lacking } from '../host/engine-under-test.ts';
import { entryOf, limit, startWakeScene, type WakeScene } from './wake-scene.ts';

const entry = (listen: number | string, name: string, fields: object) =>
  entryOf(listen, name, { idle: 2, ...fields });

describe('what an entry of on_demand may say', { timeout: 120_000 }, () => {
  let scene: WakeScene;

  /** What a connection that says hello is answered. */
  const said = async (to: string, port: number) => {
    const script = `exec 3<>/dev/tcp/${to}/${port}; echo hello >&3; cat <&3`;
    const { stdout } = await scene.host.exec(['bash', '-c', script], { in: scene.lan, timeout: limit });
    return stdout;
  };
  const saidInHex = async (to: string, port: number) =>
    Buffer.from((await said(to, port)).replaceAll(/\s/g, ''), 'hex');
  const stateOf = async (name: string) => (await scene.host.docker.getContainer(name).inspect()).State;

  beforeAll(async () => {
    scene = await startWakeScene();
    const answering = (script: string) => ({
      cmd: ['nc', '-ll', '-p', '80', '-e', 'sh', '-c', script],
      start: false,
    });
    const inHex = (bytes: number) => answering(`head -c ${bytes} | od -An -v -tx1`);
    await scene.host.container('text', answering('read -r told; read -r said; echo "$told $said"'));
    await scene.host.container('binary', inHex(16 + 12 + 6));
    await scene.host.container('binary6', inHex(16 + 36 + 6));
    await scene.webServer('few', { before: 'sleep 4' });
    for (const name of ['db', 'queue', 'front']) await scene.webServer(name);
    await scene.webServer('stubborn', {
      before: 'trap "sleep 1; exit 7" TERM; mkdir /www; httpd -p 80 -h /www; while :; do sleep 0.1; done',
    });
    await scene.watch({
      text: entry(9090, 'text', { proxy_protocol: 'v1' }),
      binary: entry(9091, 'binary', { proxy_protocol: 'v2' }),
      binary6: entry(9096, 'binary6', { proxy_protocol: 'v2' }),
      few: entry('10.9.0.1:9092', 'few', { max_held: 3 }),
      front: entry(9093, 'front', { group: ['queue', 'front'], depends_on: ['db'] }),
      stubborn: entry(9094, 'stubborn', { stop_timeout: 30 }),
      ill: entry(9095, 'ill', { health: false }),
    });
  });

  afterAll(async () => await scene.stop());

  test('tells the target by the PROXY protocol who the client is, before what that sends', async () => {
    expect(await said('10.9.0.1', 9090)).toMatch(
      /^PROXY TCP4 10\.9\.0\.2 10\.9\.0\.1 [0-9]+ 9090\r? hello$/m,
    );
    const header = await saidInHex('10.9.0.1', 9091);
    expect(header.subarray(0, 16).toString('hex')).toBe('0d0a0d0a000d0a515549540a2111000c');
    expect([...header.subarray(16, 24)]).toEqual([10, 9, 0, 2, 10, 9, 0, 1]);
    expect(header.readUInt16BE(26)).toBe(9091);
    expect(header.subarray(28).toString()).toBe('hello\n');
  });

  test('tells so of clients over IPv6, too, whom the target is reached for over IPv4', async () => {
    expect(await said('fd09::1', 9090)).toMatch(/^PROXY TCP6 fd09::2 fd09::1 [0-9]+ 9090\r? hello$/m);
    const header = await saidInHex('fd09::1', 9096);
    expect(header.subarray(0, 16).toString('hex')).toBe('0d0a0d0a000d0a515549540a21210024');
    expect(header.subarray(16, 32).toString('hex')).toBe('fd090000000000000000000000000002');
    expect(header.subarray(32, 48).toString('hex')).toBe('fd090000000000000000000000000001');
    expect(header.readUInt16BE(50)).toBe(9096);
    expect(header.subarray(52).toString()).toBe('hello\n');
  });

  test('sends away who comes when as many wait as may', async () => {
    const answers = await scene.ask(9092, { count: 5 });
    expect(answers.filter(({ body }) => body === 'few')).toHaveLength(3);
    expect(answers.filter(({ error }) => error === 'ECONNRESET')).toHaveLength(2);
  });

  test('starts in the order of the file, what is depended on first, and stops in the reverse', async () => {
    await scene.answers(9093, 'front');
    await scene.untilState('front', 'asleep');
    const states = await Promise.all(['db', 'queue', 'front'].map(stateOf));
    const began = states.map(({ StartedAt }) => Date.parse(StartedAt));
    const ended = states.map(({ FinishedAt }) => Date.parse(FinishedAt));
    expect(began.toSorted((one, other) => one - other)).toEqual(began);
    expect(ended.toSorted((one, other) => other - one)).toEqual(ended);
  });

  test('gives a container its time to end by itself', async () => {
    expect(await scene.ask(9094)).toHaveLength(1);
    await scene.untilState('stubborn', 'asleep');
    expect(await stateOf('stubborn')).toMatchObject({ Running: false, ExitCode: 7 });
    expect(await stateOf('front')).toMatchObject({ ExitCode: 137 });
  });

  test.skipIf(lacking('health checks that need no systemd', 'podman'))(
    'leads to who is not healthy, where that is not asked',
    async () => {
      await scene.host.docker.createContainer({
        name: 'ill',
        Image: 'busybox',
        Cmd: ['sh', '-c', 'mkdir /www; echo ill > /www/index.html; exec httpd -f -p 80 -h /www'],
        Healthcheck: { Test: ['CMD', 'false'], Interval: 1e9 },
      });
      await scene.answers(9095, 'ill');
      expect((await stateOf('ill')).Health?.Status).not.toBe('healthy');
    },
  );
});
