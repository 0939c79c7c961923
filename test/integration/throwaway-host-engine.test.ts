import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { engineUnderTest, lacking } from '../host/engine-under-test.ts';
import { startHost } from '../host/throwaway-host.ts';

const engineTree = fileURLToPath(new URL('../host/engine-tree.sh', import.meta.url));

describe('the engine of a throwaway host', () => {
  const started = startHost({ engine: 'docker', liveRestore: true, iptables: 'legacy' });
  afterAll(async () => await (await started).stop());

  test('keeps its rules in iptables-legacy when asked to', async () => {
    const saved = await (await started).save();
    expect(saved['iptables-legacy']).toContain('-A FORWARD -j DOCKER-USER');
    expect(saved['iptables']).not.toContain('DOCKER');
  });

  test('keeps its containers when restarted or killed with live-restore', async () => {
    const host = await started;
    const container = await host.container('one');
    const { StartedAt } = (await container.inspect()).State;
    await host.restartEngine();
    await host.killEngine();
    await expect(host.docker.ping()).rejects.toThrow();
    await host.startEngine();
    expect((await container.inspect()).State).toMatchObject({ Running: true, StartedAt });
  });

  test('loses its containers when restarted without', async () => {
    const host = await startHost({ engine: 'docker' });
    const container = await host.container('one');
    await host.restartEngine();
    expect((await container.inspect()).State.Running).toBe(false);
    await container.start();
    expect((await container.inspect()).State.Running).toBe(true);
    await host.stop();
  });

  test('can be podman, whose containers do not need it to live', async () => {
    const host = await startHost({ engine: 'podman' });
    await host.network('front', { subnet: ['172.30.1.0/24', 'fd30:1::/64'] });
    const web = await host.container('web', {
      networks: { front: { ipv4: '172.30.1.10' } },
      ports: ['8080:80'],
    });
    const app = await host.container('app', { networks: ['front'] });
    const peer = await host.outside('wg0', '10.9.0.1/24', '10.9.0.2/24');
    await host.listen(web, { port: 80 });
    await host.restartEngine();

    expect(await host.connect(app, { address: await web.address(), port: 80 })).toMatchObject({ by: 'web' });
    expect(await host.connect(app, { address: await web.address('front', 'ipv6'), port: 80 })).toMatchObject({
      by: 'web',
    });
    const published = await host.connect(peer, { address: '10.9.0.1', port: 8080 });
    expect(published).toMatchObject({ by: 'web', clientAddress: '10.9.0.2' });
    await host.stop();
  });

  test('is not there when not asked for', async () => {
    const host = await startHost({ engine: 'none' });
    const seen = await host.exec(['sh', '-c', 'env | grep DOCKER_HOST; ls /run/docker.sock']);
    expect(seen).toMatchObject({ stdout: '', exitCode: 2 });
    await host.stop();
  });
});

describe('the engine under test', () => {
  const started = startHost();
  afterAll(async () => await (await started).stop());

  const isPlain = !engineUnderTest.includes('-') && lacking('its name says no version', engineUnderTest);
  test.skipIf(isPlain)('has the version of its name', async () => {
    const { Version } = await (await started).docker.version();
    expect(`${Version}.`).toContain(`${engineUnderTest.split('-')[1]}.`);
  });

  test('has the processes and the network of the host', async () => {
    const host = await started;
    await host.network('front', { subnet: '172.30.1.0/24' });
    const web = await host.container('web', { networks: ['front'], ports: ['8080:80'] });
    const { Pid } = (await web.inspect()).State;
    expect(await host.sh(`cat /proc/${Pid}/cmdline`)).toMatch(/^\/bin\/sh\0-c\0trap /);
    expect(await host.sh('ip -brief address')).toContain('172.30.1.1/24');
    expect(Object.values(await host.save()).join('\n')).toMatch(/dport 8080\b/);
  });

  test.each([
    ['restarted', '172.30.1.11'],
    ['killed', '172.30.1.12'],
  ])('serves containers again after it was %s', async (end, address) => {
    const host = await started;
    await (end === 'killed' ? host.killEngine() : host.stopEngine());
    await expect(host.docker.ping()).rejects.toThrow();
    await host.startEngine();
    const web = await host.container(`web-${end}`, { networks: { front: { ipv4: address } } });
    const app = await host.container(`app-${end}`, { networks: ['front'] });
    await app.restart();
    await host.listen(web, { port: 80 });
    expect(await host.connect(app, { address, port: 80 })).toMatchObject({ by: web.name });
  });

  test('writes nothing into the tree it comes from', async () => {
    const found = execFileSync(engineTree, [engineUnderTest.replace('-legacy', '')], { encoding: 'utf8' });
    const [, tree = '/'] = found.trim().split(' ');
    const newer = [tree, '-xdev', '-newer', (await started).folder];
    if (tree !== '/') expect(execFileSync('find', newer).toString()).toBe('');
  });
});

describe('a command on a throwaway host', () => {
  const started = startHost({ engine: 'none' });
  afterAll(async () => await (await started).stop());

  test('has its input, output, environment and exit code', async () => {
    const host = await started;
    const argv = ['sh', '-c', 'cat; echo "$WORD" >&2; pwd; exit 5'];
    const result = await host.exec(argv, { input: 'in\n', env: { WORD: 'a b' } });
    expect(result).toEqual({ stdout: `in\n${process.cwd()}\n`, stderr: 'a b\n', exitCode: 5 });
    expect(await host.exec(['no-such-command'])).toMatchObject({ exitCode: 127 });
  });

  test('is killed when it takes too long', async () => {
    const host = await started;
    await expect(
      host.exec(['sh', '-c', 'echo so far >&2; exec sleep 4711'], { timeout: 200 }),
    ).rejects.toThrow('so far');
    await expect.poll(async () => await host.sh('cat /proc/[0-9]*/cmdline')).not.toContain('4711');
  });

  test('that lives on is read line by line and gets signals', async () => {
    const host = await started;
    const script =
      'trap "echo bye; exit 4" TERM; echo ready; while read -r word; do echo "got $word" >&2; done';
    const daemon = await host.spawn(['sh', '-c', `${script}; while :; do sleep 0.05; done`]);
    expect(await daemon.waitForLine(/ready/)).toBe('ready');
    daemon.write('one\n');
    expect(await daemon.waitForLine(/got/)).toBe('got one');
    await expect(daemon.waitForLine(/got/, 100)).rejects.toThrow('not within 100 ms');
    daemon.endInput();
    expect(await daemon.kill('SIGTERM')).toBe(4);
    expect(daemon.lines).toEqual(['ready', 'got one', 'bye']);
    await expect(daemon.waitForLine(/more/)).rejects.toThrow('ended without');
  });
});
