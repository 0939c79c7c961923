import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lacking } from '../host/engine-under-test.ts';
import {
  ask,
  limit,
  startDaemon,
  startWakeScene,
  untilState,
  type WakeScene,
  webServer,
} from './wake-scene.ts';

const entryOf = (name: string, listen: number | string, fields: object = {}) => ({
  [name]: { listen, target: { container_name: name, port: 80 }, stop_timeout: 0, idle: 2, ...fields },
});

describe('what an entry of on_demand may say', { timeout: 120_000 }, () => {
  let scene: WakeScene;

  /** What a connection that says hello is answered. */
  const said = async (to: string, port: number) => {
    const script = `exec 3<>/dev/tcp/${to}/${port}; echo hello >&3; cat <&3`;
    const { stdout } = await scene.host.exec(['bash', '-c', script], { in: scene.lan, timeout: limit });
    return stdout;
  };
  const stateOf = async (name: string) => (await scene.host.docker.getContainer(name).inspect()).State;

  beforeAll(async () => {
    scene = await startWakeScene();
    const answering = (script: string) => ({
      cmd: ['nc', '-ll', '-p', '80', '-e', 'sh', '-c', script],
      start: false,
    });
    await scene.host.container('text', answering('read -r told; read -r said; echo "$told $said"'));
    await scene.host.container('binary', answering('head -c 34 | od -An -v -tx1'));
    await webServer(scene, 'few', { before: 'sleep 4' });
    for (const name of ['db', 'queue', 'front']) await webServer(scene, name);
    await webServer(scene, 'stubborn', {
      before: 'trap "sleep 1; exit 7" TERM; mkdir /www; httpd -p 80 -h /www; while :; do sleep 0.1; done',
    });
    await startDaemon(scene, {
      ...entryOf('text', 9090, { proxy_protocol: 'v1' }),
      ...entryOf('binary', 9091, { proxy_protocol: 'v2' }),
      ...entryOf('few', '10.9.0.1:9092', { max_held: 3 }),
      ...entryOf('front', 9093, { group: ['queue', 'front'], depends_on: ['db'] }),
      ...entryOf('stubborn', 9094, { stop_timeout: 30 }),
      ...entryOf('ill', 9095, { health: false }),
    });
  });

  afterAll(async () => await scene.host.stop());

  test('tells the target by the PROXY protocol who the client is, before what that sends', async () => {
    expect(await said('10.9.0.1', 9090)).toMatch(
      /^PROXY TCP4 10\.9\.0\.2 10\.9\.0\.1 [0-9]+ 9090\r? hello$/m,
    );
    const header = Buffer.from((await said('10.9.0.1', 9091)).replaceAll(/\s/g, ''), 'hex');
    expect(header.subarray(0, 16).toString('hex')).toBe('0d0a0d0a000d0a515549540a2111000c');
    expect([...header.subarray(16, 24)]).toEqual([10, 9, 0, 2, 10, 9, 0, 1]);
    expect(header.readUInt16BE(26)).toBe(9091);
    expect(header.subarray(28).toString()).toBe('hello\n');
  });

  test('sends away who comes when as many wait as may', async () => {
    const answers = await ask(scene, 9092, { count: 5 });
    expect(answers.filter(({ body }) => body === 'few')).toHaveLength(3);
    expect(answers.filter(({ error }) => error === 'ECONNRESET')).toHaveLength(2);
  });

  test('starts in the order of the file, what is depended on first, and stops in the reverse', async () => {
    expect(await ask(scene, 9093)).toMatchObject([{ body: 'front' }]);
    await untilState(scene, 'front', 'asleep');
    const states = await Promise.all(['db', 'queue', 'front'].map(stateOf));
    const began = states.map(({ StartedAt }) => Date.parse(StartedAt));
    const ended = states.map(({ FinishedAt }) => Date.parse(FinishedAt));
    expect(began.toSorted((one, other) => one - other)).toEqual(began);
    expect(ended.toSorted((one, other) => other - one)).toEqual(ended);
  });

  test('gives a container its time to end by itself', async () => {
    expect(await ask(scene, 9094)).toHaveLength(1);
    await untilState(scene, 'stubborn', 'asleep');
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
      expect(await ask(scene, 9095)).toMatchObject([{ body: 'ill' }]);
      expect((await stateOf('ill')).Health?.Status).not.toBe('healthy');
    },
  );
});
