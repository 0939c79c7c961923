import { afterAll, describe, expect, test } from 'vitest';
import { startHost } from '../host/throwaway-host.ts';

describe('the engine of a throwaway host', () => {
  const started = startHost({ liveRestore: true, iptables: 'legacy' });
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
    const host = await startHost();
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
