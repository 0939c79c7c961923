import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engineUnderTest } from '../host/engine-under-test.ts';
import type { HostProcess } from '../host/host-process.ts';
import type { OpenConnection } from '../host/probes.ts';
import { until } from './daemon-scene.ts';
import {
  ask,
  limit,
  startDaemon,
  startWakeScene,
  statusOf,
  untilState,
  type WakeScene,
  webServer,
  withLog,
} from './wake-scene.ts';

const entry = (listen: number, name: string, rest: object = {}) => ({
  listen,
  target: { container_name: name, port: 80 },
  stop_timeout: 0,
  ...rest,
});

const onDemand = {
  steady: { listen: 9000, target: { container_name: 'steady', port: 7 }, idle: 3600 },
  led: { listen: 9001, target: { container_name: 'steady', port: 7 }, idle: 3600 },
  broken: entry(9090, 'broken'),
  lonely: entry(9091, 'lonely'),
  made: entry(9092, 'made', { idle: 3600 }),
  taken: entry(9093, 'web'),
  one: entry(9094, 'both', { idle: 1 }),
  other: entry(9095, 'both', { idle: 1, handover: false }),
  always: entry(9096, 'always', { idle: 2 }),
  slow: entry(9097, 'slow'),
  away: entry(9098, 'away'),
  patient: entry(9099, 'patient', { start_timeout: 600 }),
};

/** So many entries, ten to a container. */
const many = Object.fromEntries(
  Array.from({ length: 60 }, (_, index) => [`many${index}`, entry(9200 + index, `of${index % 6}`)]),
);

describe('what goes wrong with one entry', { timeout: 120_000 }, () => {
  let scene: WakeScene;
  let daemon: HostProcess;
  /** Open all the while: through the program, and by the kernel. */
  let bystanders: readonly OpenConnection[];

  const told = async <T>(work: Promise<T>) => await withLog(daemon, work);
  const answers = async (port: number, body: string) =>
    expect(await told(ask(scene, port)), daemon.lines.slice(-20).join('\n')).toMatchObject([{ body }]);
  const why = async (name: string) => {
    await told(untilState(scene, name, 'asleep'));
    return (await statusOf(scene, name)).why;
  };
  const refused = [{ error: 'ECONNRESET' }];
  const othersAreWell = async () => {
    for (const bystander of bystanders) expect(await bystander.ping(5000)).toEqual({ kind: 'echoed' });
  };
  const rewrite = (content: object) => scene.host.write('networks.json', { on_demand: content });

  beforeAll(async () => {
    scene = await startWakeScene(engineUnderTest.startsWith('docker') ? { liveRestore: true } : {});
    const { host } = scene;
    const steady = await host.container('steady');
    await host.listen(steady, { port: 7 });
    await host.container('broken', { cmd: ['/no/such/program'], start: false });
    await host.container('lonely', { networkMode: 'none', start: false });
    for (const name of ['web', 'made', 'both', 'away']) await webServer(scene, name);
    for (const name of ['slow', 'patient']) await webServer(scene, name, { before: 'sleep 1000' });
    await host.docker.createContainer({
      name: 'always',
      Image: 'busybox',
      Cmd: ['sh', '-c', 'mkdir /www; echo always > /www/index.html; exec httpd -f -p 80 -h /www'],
      HostConfig: { RestartPolicy: { Name: 'always' } },
    });
    await host.spawn(['busybox', 'nc', '-ll', '-p', '9093', '-e', 'cat']);
    daemon = await startDaemon(scene, onDemand);
    await until('taken over', limit, async () => (await statusOf(scene, 'led')).handedOver?.leads === true);
    const open = async (port: number) => await host.open(scene.lan, { address: scene.address, port });
    bystanders = [await open(9000), await open(9001)];
  });
  afterAll(async () => await scene.host.stop());

  test('an image that does not start is told in the words of the engine', async () => {
    expect(await ask(scene, 9090)).toMatchObject(refused);
    expect(await why('broken')).toMatch(/^broken does not start: .*no such/i);
    await othersAreWell();
  });

  test('a container without an address is told', async () => {
    expect(await ask(scene, 9091)).toMatchObject(refused);
    expect(await why('lonely')).toBe('lonely has no address');
    await othersAreWell();
  });

  test('a container that is removed while it is awake is missed, and found when it is made anew', async () => {
    await answers(9092, 'made');
    await scene.host.docker.getContainer('made').remove({ force: true });
    await told(untilState(scene, 'made', 'asleep'));
    expect(await ask(scene, 9092)).toMatchObject(refused);
    expect(await why('made')).toBe('no container is called made');
    // Its address may have gone to somebody else.
    await scene.host.container('in-its-place');
    await webServer(scene, 'made');
    await answers(9092, 'made');
    await othersAreWell();
  });

  test('a port that another program has is told of, and listened on as soon as it is free', async () => {
    const { exitCode, stdout } = await scene.host.netwright(['status']);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(
      /! taken +.*not listening\n +cannot listen on port 9093: another program has it\n/,
    );
    await scene.host.sh('pkill -x busybox');
    await told(
      until('listening', limit, async () => (await statusOf(scene, 'taken')).notListening === undefined),
    );
    await answers(9093, 'web');
    await othersAreWell();
  });

  test('a container of two entries is stopped when both are idle', async () => {
    await answers(9094, 'both');
    const client = await scene.host.spawn(
      ['bash', '-c', 'exec 3<>/dev/tcp/10.9.0.1/9095; exec cat <&3 >/dev/null'],
      { in: scene.lan },
    );
    await told(until('carried', limit, async () => (await statusOf(scene, 'other')).carried === 1));
    const container = scene.host.docker.getContainer('both');
    const isUp = async () => (await container.inspect()).State.Running;
    await told(untilState(scene, 'always', 'asleep'));
    expect(await isUp()).toBe(true);
    await client.kill('SIGKILL');
    await told(until('stopped', limit, async () => !(await isUp())));
  });

  test('one with a restart policy sleeps, and is served when it has ended by itself', async () => {
    await answers(9096, 'always');
    await told(untilState(scene, 'always', 'asleep'));
    const container = scene.host.docker.getContainer('always');
    expect((await container.inspect()).State.Running).toBe(false);
    await answers(9096, 'always');
    await scene.host.sh(`kill -9 ${(await container.inspect()).State.Pid}`);
    await answers(9096, 'always');
  });

  test('another target in the file is where new connections go, and those that wait', async () => {
    await answers(9093, 'web');
    rewrite({ ...onDemand, taken: entry(9093, 'both') });
    const isBoth = async () => (await ask(scene, 9093))[0]?.body === 'both';
    await told(until('the other target', limit, isBoth));
    const waiting = ask(scene, 9097);
    await told(untilState(scene, 'slow', 'starting'));
    await told(until('held', limit, async () => (await statusOf(scene, 'slow')).held === 1));
    rewrite({ ...onDemand, slow: entry(9097, 'web') });
    expect(await told(waiting)).toMatchObject([{ body: 'web' }]);
    await othersAreWell();
  });

  test('sixty entries are in one process', async () => {
    for (let index = 0; index < 6; index++) await webServer(scene, `of${index}`);
    rewrite({ ...onDemand, ...many });
    const last = async () => (await statusOf(scene, 'many59').catch(() => undefined))?.listen.length === 1;
    await told(until('listening', limit, last));
    const get = `for port in $(seq 9200 9259); do
        (exec 3<>/dev/tcp/10.9.0.1/$port; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; echo "$port $(tail -n 1 <&3)") &
      done; wait`;
    const { stdout } = await told(scene.host.exec(['bash', '-c', get], { in: scene.lan, timeout: 60_000 }));
    const expected = Array.from({ length: 60 }, (_, index) => `${9200 + index} of${index % 6}`);
    expect(stdout.trim().split('\n').toSorted(), daemon.lines.slice(-60).join('\n')).toEqual(expected);
    rewrite(onDemand);
    const gone = async () => (await statusOf(scene, 'many59').catch(() => undefined)) === undefined;
    await told(until('gone', limit, gone));
    await othersAreWell();
  });

  test('an engine that goes away while containers start, or sleep, costs only those who wait', async () => {
    const starting = ask(scene, 9099);
    await told(until('held', limit, async () => (await statusOf(scene, 'patient')).held === 1));
    await scene.host.killEngine();
    expect(await told(starting)).toMatchObject(refused);
    expect(await why('patient')).toMatch(/^the engine /);
    await othersAreWell();
    expect(await told(ask(scene, 9098))).toMatchObject(refused);
    expect(await why('away')).toBe('the engine is away');
    await othersAreWell();
    const waiting = ask(scene, 9098);
    await told(until('held', limit, async () => (await statusOf(scene, 'away')).held === 1));
    await scene.host.startEngine();
    expect(await told(waiting)).toMatchObject([{ body: 'away' }]);
    await othersAreWell();
  });
});
