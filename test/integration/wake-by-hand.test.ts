import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Container } from '../host/container.ts';
import type { HostProcess } from '../host/host-process.ts';
import { until } from './daemon-scene.ts';
import {
  ask,
  isRunning,
  limit,
  startDaemon,
  startWakeScene,
  statusOf,
  untilState,
  type WakeScene,
  webServer,
} from './wake-scene.ts';

const onDemand = {
  web: { listen: 9090, target: { container_name: 'web', port: 80 }, stop_timeout: 0 },
  kept: { listen: 9091, target: { container_name: 'kept', port: 80 }, handover: false, stop_timeout: 0 },
  also: { listen: 9092, target: { container_name: 'kept', port: 80 }, handover: false },
  broken: { listen: 9093, target: { container_name: 'broken', port: 80 }, stop_timeout: 0 },
};

describe('wake and sleep by hand', { timeout: 120_000 }, () => {
  let scene: WakeScene;
  let daemon: HostProcess;
  let web: Container;
  let kept: Container;

  const netwright = async (...args: readonly string[]) => {
    const { exitCode, stdout, stderr } = await scene.host.netwright(args, { timeout: 60_000 });
    return { exitCode, said: stdout + stderr };
  };
  const withFile = async (...args: readonly string[]) => {
    const { exitCode, stdout, stderr } = await scene.host.netwright(args, { file: { on_demand: onDemand } });
    return { exitCode, said: stdout + stderr };
  };
  const quiet = async (port: number) =>
    await scene.host.spawn(['bash', '-c', `exec 3<>/dev/tcp/10.9.0.1/${port}; exec cat <&3`], {
      in: scene.lan,
    });
  const untilLed = async () => {
    const leads = async () => (await statusOf(scene, 'web')).handedOver?.leads === true;
    await until('led by the kernel', limit, leads);
    const seen = async () =>
      (await ask(scene, 9090, { path: '/cgi-bin/who' }))[0]?.body?.includes('10.9.0.2');
    await until('the client itself is seen', limit, async () => (await seen()) === true);
  };

  beforeAll(async () => {
    scene = await startWakeScene();
    web = await webServer(scene, 'web');
    kept = await webServer(scene, 'kept');
    await webServer(scene, 'broken', { before: 'exit 3' });
    daemon = await startDaemon(scene, onDemand);
  });
  afterAll(async () => await scene.host.stop());

  test('wake them before anybody connects', async () => {
    expect(await netwright('wake', 'web')).toEqual({
      exitCode: 0,
      said: expect.stringMatching(/^web is awake, after \d+ ms\.\n$/) as unknown,
    });
    expect(await isRunning(web)).toBe(true);
    expect(await netwright('wake', 'web')).toEqual({ exitCode: 0, said: 'web is awake already.\n' });
    expect(await ask(scene, 9090)).toMatchObject([{ body: 'web' }]);
    expect(await statusOf(scene, 'web')).toMatchObject({ state: 'awake', wakes: 1 });
  });

  test('do not put to sleep what somebody is connected to by the kernel, unless by force', async () => {
    await untilLed();
    const client = await quiet(9090);
    const stays = 'netwright: web stays awake: somebody is connected\nhint: --force ends the connections\n';
    await until('refused', limit, async () => (await netwright('sleep', 'web')).said === stays);
    expect(await isRunning(web)).toBe(true);
    expect(await netwright('sleep', 'web', '--force')).toMatchObject({ exitCode: 0 });
    expect(await isRunning(web)).toBe(false);
    await client.kill('SIGKILL');
    const { said } = await netwright('sleep', 'web', '--json');
    expect(JSON.parse(said)).toEqual({ name: 'web', state: 'asleep', changed: false, by: 'daemon' });
  });

  test('do not cut what netwright carries, nor stop what another entry needs', async () => {
    await netwright('wake', 'kept');
    const client = await quiet(9091);
    await until('carried', limit, async () => (await statusOf(scene, 'kept')).carried === 1);
    expect((await netwright('sleep', 'kept')).said).toMatch(/^netwright: kept stays awake: somebody/);
    await client.kill('SIGKILL');
    await until('gone', limit, async () => (await statusOf(scene, 'kept')).carried === 0);
    await until('taken over', limit, async () => (await statusOf(scene, 'also')).state === 'awake');
    expect((await netwright('sleep', 'also')).said).toBe(
      'netwright: also stays awake: other entries need its containers\nhint: --force stops them\n',
    );
    expect(await isRunning(kept)).toBe(true);
    expect((await netwright('sleep', 'kept', '--force')).exitCode).toBe(0);
    expect(await isRunning(kept)).toBe(false);
    await untilState(scene, 'also', 'asleep');
  });

  test('answer whoever connects at that moment', async () => {
    await netwright('wake', 'web');
    await untilLed();
    const asking = ask(scene, 9090, { count: 50, everyMs: 50 });
    let sleeps = 0;
    const hasSlept = async () => {
      if ((await netwright('sleep', 'web')).exitCode === 0) sleeps++;
      return sleeps >= 2;
    };
    await until('put to sleep twice', limit, hasSlept);
    const others = (await asking).filter(({ body }) => body !== 'web');
    expect({ others, log: others.length > 0 ? daemon.lines.slice(-30) : [] }).toEqual({
      others: [],
      log: [],
    });
  });

  test('say what is wrong: no such entry, or a container that does not start', async () => {
    expect(await netwright('wake', 'wep')).toEqual({
      exitCode: 1,
      said: 'netwright: on_demand has no entry called wep\nhint: did you mean web?\n',
    });
    expect(await netwright('wake', 'broken')).toEqual({
      exitCode: 1,
      said: 'netwright: broken is not awake: broken ended with exit code 3\n',
    });
    await untilState(scene, 'broken', 'asleep');
  });

  test('by the engine are taken over by a daemon that cannot be asked', async () => {
    await scene.host.sh('mv /run/netwright/default/control.sock /run/netwright/default/hidden');
    await withFile('sleep', 'web');
    await untilState(scene, 'web', 'asleep');
    expect((await withFile('wake', 'web')).exitCode).toBe(0);
    await untilState(scene, 'web', 'awake');
    await scene.host.sh('mv /run/netwright/default/hidden /run/netwright/default/control.sock');
  });

  test('work without a daemon, too', async () => {
    await daemon.kill();
    const slept = await withFile('sleep', 'web', '--json');
    expect(JSON.parse(slept.said)).toMatchObject({
      name: 'web',
      state: 'asleep',
      changed: true,
      by: 'engine',
    });
    expect(await isRunning(web)).toBe(false);
    expect((await withFile('sleep', 'web')).said).toBe('web is asleep already.\n');
    expect((await withFile('wake', 'web')).said).toMatch(/^web is awake, after /);
    expect(await isRunning(web)).toBe(true);
    expect((await withFile('wake', 'broken')).said).toBe(
      'netwright: broken is not awake: broken ended with exit code 3\n',
    );
    expect((await withFile('wake', 'nothing')).said).toMatch(
      /no entry called nothing\nhint: there are web, /,
    );
    await scene.host.stopEngine();
    expect((await withFile('wake', 'web')).said).toMatch(/^netwright: no container engine answers/);
  });
});
