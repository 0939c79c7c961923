import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engineUnderTest } from '../host/engine-under-test.ts';
import type { OpenConnection } from '../host/probes.ts';
import { entryOf, startWakeScene, type WakeScene } from './wake-scene.ts';

const onDemand = {
  steady: { listen: 9000, target: { container_name: 'steady', port: 7 }, idle: 3600 },
  led: { listen: 9001, target: { container_name: 'steady', port: 7 }, idle: 3600 },
  broken: entryOf(9090, 'broken'),
  lonely: entryOf(9091, 'lonely'),
  made: entryOf(9092, 'made', { idle: 3600 }),
  taken: entryOf(9093, 'web'),
  one: entryOf(9094, 'both', { idle: 1 }),
  other: entryOf(9095, 'both', { idle: 1, handover: false }),
  always: entryOf(9096, 'always', { idle: 2 }),
  slow: entryOf(9097, 'slow'),
  away: entryOf(9098, 'away'),
  patient: entryOf(9099, 'patient', { start_timeout: 600 }),
};

/** So many entries, ten to a container. */
const many = Object.fromEntries(
  Array.from({ length: 60 }, (_, index) => [`many${index}`, entryOf(9200 + index, `of${index % 6}`)]),
);

describe('what goes wrong with one entry', { timeout: 120_000 }, () => {
  let scene: WakeScene;
  /** Open all the while: through the program, and by the kernel. */
  let bystanders: readonly OpenConnection[];

  const why = async (name: string) => {
    await scene.untilState(name, 'asleep');
    return (await scene.statusOf(name)).why;
  };
  const refused = [{ error: 'ECONNRESET' }];
  const othersAreWell = async () => {
    for (const bystander of bystanders) expect(await bystander.ping(5000)).toEqual({ kind: 'echoed' });
  };

  beforeAll(async () => {
    scene = await startWakeScene(engineUnderTest.startsWith('docker') ? { liveRestore: true } : {});
    const { host } = scene;
    const steady = await host.container('steady');
    await host.listen(steady, { port: 7 });
    await host.container('broken', { cmd: ['/no/such/program'], start: false });
    await host.container('lonely', { networkMode: 'none', start: false });
    for (const name of ['web', 'made', 'both', 'away']) await scene.webServer(name);
    for (const name of ['slow', 'patient']) await scene.webServer(name, { before: 'sleep 1000' });
    await host.docker.createContainer({
      name: 'always',
      Image: 'busybox',
      Cmd: ['sh', '-c', 'mkdir /www; echo always > /www/index.html; exec httpd -f -p 80 -h /www'],
      HostConfig: { RestartPolicy: { Name: 'always' } },
    });
    await host.spawn(['busybox', 'nc', '-ll', '-p', '9093', '-e', 'cat']);
    await scene.watch(onDemand);
    await scene.until('taken over', async () => (await scene.statusOf('led')).handedOver?.leads === true);
    const open = async (port: number) => await host.open(scene.lan, { address: scene.address, port });
    bystanders = [await open(9000), await open(9001)];
  });
  afterAll(async () => await scene.stop());

  test('an image that does not start is told in the words of the engine', async () => {
    await scene.refuses(9090);
    expect(await why('broken')).toMatch(/^broken does not start: .*no such/i);
    await othersAreWell();
  });

  test('a container without an address is told', async () => {
    await scene.refuses(9091);
    expect(await why('lonely')).toBe('lonely has no address');
    await othersAreWell();
  });

  test('a container that is removed while it is awake is missed, and found when it is made anew', async () => {
    await scene.answers(9092, 'made');
    await scene.host.docker.getContainer('made').remove({ force: true });
    await scene.untilState('made', 'asleep');
    await scene.refuses(9092);
    expect(await why('made')).toBe('no container is called made');
    // Its address may have gone to somebody else.
    await scene.host.container('in-its-place');
    await scene.webServer('made');
    await scene.answers(9092, 'made');
    await othersAreWell();
  });

  test('a port that another program has is told of, and listened on as soon as it is free', async () => {
    const { exitCode, stdout } = await scene.host.netwright(['status']);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(
      /! taken +.*not listening\n +cannot listen on port 9093: another program has it\n/,
    );
    await scene.host.sh('pkill -x busybox');
    await scene.until('listening', async () => (await scene.statusOf('taken')).notListening === undefined);
    await scene.answers(9093, 'web');
    await othersAreWell();
  });

  test('a container of two entries is stopped when both are idle', async () => {
    await scene.answers(9094, 'both');
    const client = await scene.quietClient(9095);
    await scene.until('carried', async () => (await scene.statusOf('other')).carried === 1);
    const container = scene.host.docker.getContainer('both');
    const isUp = async () => (await container.inspect()).State.Running;
    await scene.untilState('always', 'asleep');
    expect(await isUp()).toBe(true);
    await client.kill('SIGKILL');
    await scene.until('stopped', async () => !(await isUp()));
  });

  test('one with a restart policy sleeps, and is served when it has ended by itself', async () => {
    await scene.answers(9096, 'always');
    await scene.untilState('always', 'asleep');
    const container = scene.host.docker.getContainer('always');
    expect((await container.inspect()).State.Running).toBe(false);
    await scene.answers(9096, 'always');
    await scene.host.sh(`kill -9 ${(await container.inspect()).State.Pid}`);
    await scene.answers(9096, 'always');
  });

  test('another target in the file is where new connections go, and those that wait', async () => {
    await scene.answers(9093, 'web');
    scene.rewrite({ ...onDemand, taken: entryOf(9093, 'both') });
    const isBoth = async () => (await scene.ask(9093))[0]?.body === 'both';
    await scene.until('the other target', isBoth);
    const waiting = scene.ask(9097);
    await scene.untilState('slow', 'starting');
    await scene.until('held', async () => (await scene.statusOf('slow')).held === 1);
    scene.rewrite({ ...onDemand, slow: entryOf(9097, 'web') });
    expect(await scene.told(waiting)).toMatchObject([{ body: 'web' }]);
    await othersAreWell();
  });

  test('sixty entries are in one process', async () => {
    for (let index = 0; index < 6; index++) await scene.webServer(`of${index}`);
    scene.rewrite({ ...onDemand, ...many });
    const last = async () => (await scene.statusOf('many59').catch(() => undefined))?.listen.length === 1;
    await scene.until('listening', last);
    const get = `for port in $(seq 9200 9259); do
        (exec 3<>/dev/tcp/10.9.0.1/$port; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; echo "$port $(tail -n 1 <&3)") &
      done; wait`;
    const { stdout } = await scene.told(
      scene.host.exec(['bash', '-c', get], { in: scene.lan, timeout: 60_000 }),
    );
    const expected = Array.from({ length: 60 }, (_, index) => `${9200 + index} of${index % 6}`);
    expect(stdout.trim().split('\n').toSorted(), scene.daemon.lines.slice(-60).join('\n')).toEqual(expected);
    scene.rewrite(onDemand);
    const gone = async () => (await scene.statusOf('many59').catch(() => undefined)) === undefined;
    await scene.until('gone', gone);
    await othersAreWell();
  });

  test('an engine that goes away while containers start, or sleep, costs only those who wait', async () => {
    const starting = scene.ask(9099);
    await scene.until('held', async () => (await scene.statusOf('patient')).held === 1);
    await scene.host.killEngine();
    expect(await scene.told(starting)).toMatchObject(refused);
    expect(await why('patient')).toMatch(/^the engine /);
    await othersAreWell();
    await scene.refuses(9098);
    expect(await why('away')).toBe('the engine is away');
    await othersAreWell();
    const waiting = scene.ask(9098);
    await scene.until('held', async () => (await scene.statusOf('away')).held === 1);
    await scene.host.startEngine();
    expect(await scene.told(waiting)).toMatchObject([{ body: 'away' }]);
    await othersAreWell();
  });
});
