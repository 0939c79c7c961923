import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Container } from '../host/container.ts';
import { entryOf, isRunning, startWakeScene, type WakeScene } from './wake-scene.ts';

const onDemand = {
  web: entryOf(9090, 'web'),
  kept: entryOf(9091, 'kept', { handover: false }),
  also: { listen: 9092, target: { container_name: 'kept', port: 80 }, handover: false },
  broken: entryOf(9093, 'broken'),
};

describe('wake and sleep by hand', { timeout: 120_000 }, () => {
  let scene: WakeScene;
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
  const untilLed = async () => {
    const leads = async () => (await scene.statusOf('web')).handedOver?.leads === true;
    await scene.until('led by the kernel', leads);
    await scene.until('the client is seen', async () => (await scene.clientSeen(9090)) === '10.9.0.2');
  };

  beforeAll(async () => {
    scene = await startWakeScene();
    web = await scene.webServer('web');
    kept = await scene.webServer('kept');
    await scene.webServer('broken', { before: 'exit 3' });
    await scene.watch(onDemand);
  });
  afterAll(async () => await scene.stop());

  test('wake them before anybody connects', async () => {
    expect(await netwright('wake', 'web')).toEqual({
      exitCode: 0,
      said: expect.stringMatching(/^web is awake, after \d+ ms\.\n$/) as unknown,
    });
    expect(await isRunning(web)).toBe(true);
    expect(await netwright('wake', 'web')).toEqual({ exitCode: 0, said: 'web is awake already.\n' });
    await scene.answers(9090, 'web');
    expect(await scene.statusOf('web')).toMatchObject({ state: 'awake', wakes: 1 });
  });

  test('do not put to sleep what somebody is connected to by the kernel, unless by force', async () => {
    await untilLed();
    const client = await scene.quietClient(9090);
    const stays = 'netwright: web stays awake: somebody is connected\nhint: --force ends the connections\n';
    await scene.until('refused', async () => (await netwright('sleep', 'web')).said === stays);
    expect(await isRunning(web)).toBe(true);
    expect(await netwright('sleep', 'web', '--force')).toMatchObject({ exitCode: 0 });
    expect(await isRunning(web)).toBe(false);
    await client.kill('SIGKILL');
    const { said } = await netwright('sleep', 'web', '--json');
    expect(JSON.parse(said)).toEqual({ name: 'web', state: 'asleep', changed: false, by: 'daemon' });
  });

  test('do not cut what netwright carries, nor stop what another entry needs', async () => {
    await netwright('wake', 'kept');
    const client = await scene.quietClient(9091);
    await scene.until('carried', async () => (await scene.statusOf('kept')).carried === 1);
    expect((await netwright('sleep', 'kept')).said).toMatch(/^netwright: kept stays awake: somebody/);
    await client.kill('SIGKILL');
    await scene.until('gone', async () => (await scene.statusOf('kept')).carried === 0);
    await scene.until('taken over', async () => (await scene.statusOf('also')).state === 'awake');
    expect((await netwright('sleep', 'also')).said).toBe(
      'netwright: also stays awake: other entries need its containers\nhint: --force stops them\n',
    );
    expect(await isRunning(kept)).toBe(true);
    expect((await netwright('sleep', 'kept', '--force')).exitCode).toBe(0);
    expect(await isRunning(kept)).toBe(false);
    await scene.untilState('also', 'asleep');
  });

  test('answer whoever connects at that moment', async () => {
    await netwright('wake', 'web');
    await untilLed();
    const asking = scene.ask(9090, { count: 50, everyMs: 50 });
    let sleeps = 0;
    const hasSlept = async () => {
      if ((await netwright('sleep', 'web')).exitCode === 0) sleeps++;
      return sleeps >= 2;
    };
    await scene.until('put to sleep twice', hasSlept);
    const others = (await asking).filter(({ body }) => body !== 'web');
    expect({ others, log: others.length > 0 ? scene.daemon.lines.slice(-30) : [] }).toEqual({
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
    await scene.untilState('broken', 'asleep');
  });

  test('by the engine are taken over by a daemon that cannot be asked', async () => {
    await scene.host.sh('mv /run/netwright/default/control.sock /run/netwright/default/hidden');
    await withFile('sleep', 'web');
    await scene.untilState('web', 'asleep');
    expect((await withFile('wake', 'web')).exitCode).toBe(0);
    await scene.untilState('web', 'awake');
    await scene.host.sh('mv /run/netwright/default/hidden /run/netwright/default/control.sock');
  });

  test('work without a daemon, too', async () => {
    await scene.daemon.kill();
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
