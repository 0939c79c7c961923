import { beforeEach, describe, expect, test } from 'vitest';
import type { Container } from '../host/container.ts';
import { startHost, type ThrowawayHost } from '../host/throwaway-host.ts';

const front = { front: { subnet: '172.30.1.0/24' } };

describe('the address of a container', () => {
  let host: ThrowawayHost;

  const run = async (command: 'plan' | 'apply', ips: object, more: object = {}) =>
    await host.netwright([command], { file: { networks: front, ips, ...more } });
  const expectDone = async (ips: object) => {
    expect(await run('apply', ips)).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await run('plan', ips)).toMatchObject({ exitCode: 0, stderr: '' });
  };
  const at = async (name: string, ipv4?: string) =>
    await host.container(name, { networks: { front: ipv4 === undefined ? {} : { ipv4 } } });
  const networksOf = async (name: string) =>
    Object.keys((await host.docker.getContainer(name).inspect()).NetworkSettings.Networks).sort();
  const answers = async (client: Container, address: string) => {
    const outcome = await host.connect(client, { address, port: 80 });
    return outcome.kind === 'answered' ? outcome.by : outcome.kind;
  };

  beforeEach(async () => {
    host = await startHost();
    await host.network('front', { subnet: '172.30.1.0/24' });
    return async () => await host.stop();
  });

  test('becomes the declared one, whether it runs or has another', async () => {
    const client = await at('client', '172.30.1.100');
    const moved = await at('moved', '172.30.1.77');
    await host.container('joins', { networks: ['bridge'] });
    await host.listen(moved, { port: 80 });
    const planned = await run('plan', { '172.30.1.10': { container_name: 'moved' } });
    expect(planned.stdout).toMatch(/~ moved in front\s+172\.30\.1\.10 \(has 172\.30\.1\.77\)/);
    await expectDone({
      '172.30.1.10': { container_name: 'moved' },
      '172.30.1.11': { container_name: 'joins' },
    });
    expect(await answers(client, '172.30.1.10')).toBe('moved');
    expect(await answers(client, '172.30.1.77')).toBe('timeout');
    expect(await networksOf('joins')).toEqual([host.defaultNetwork, 'front'].sort());
    await moved.restart();
    expect(await moved.address('front')).toBe('172.30.1.10');
  });

  test('of two containers can be swapped', async () => {
    const client = await at('client', '172.30.1.100');
    for (const [name, ipv4] of [
      ['one', '172.30.1.10'],
      ['two', '172.30.1.11'],
    ] as const)
      await host.listen(await at(name, ipv4), { port: 80 });
    await expectDone({ '172.30.1.10': { container_name: 'two' }, '172.30.1.11': { container_name: 'one' } });
    expect(await answers(client, '172.30.1.10')).toBe('two');
    expect(await answers(client, '172.30.1.11')).toBe('one');
  });

  test('that somebody else holds is refused with his name, and the rest goes on', async () => {
    await at('squatter', '172.30.1.10');
    const web = await at('web', '172.30.1.50');
    const db = await at('db', '172.30.1.51');
    const ips = { '172.30.1.10': { container_name: 'web' }, '172.30.1.11': { container_name: 'db' } };
    const applied = await run('apply', ips);
    expect(applied).toMatchObject({ exitCode: 1, stderr: '' });
    expect(applied.stdout).toMatch(/web in front.*172\.30\.1\.10 is held by the container squatter/);
    expect(await web.address()).toBe('172.30.1.50');
    expect(await db.address()).toBe('172.30.1.11');
    await host.docker.getContainer('squatter').remove({ force: true });
    await expectDone(ips);
    expect(await web.address()).toBe('172.30.1.10');
  });

  test('waits for a container that is not there yet, and for one that does not run', async () => {
    const ips = { '172.30.1.10': { container_name: 'late' }, '172.30.1.11': { container_name: 'asleep' } };
    const asleep = await host.container('asleep', { networks: ['front'], start: false });
    const applied = await run('apply', ips);
    expect(applied).toMatchObject({ exitCode: 0, stderr: '' });
    expect(applied.stdout).toMatch(/waiting\n +late\s+no such container yet/);
    await asleep.start();
    expect(await asleep.address()).toBe('172.30.1.11');
    const late = await host.container('late', { networks: ['bridge'] });
    await expectDone(ips);
    expect(await late.address('front')).toBe('172.30.1.10');
  });

  test('is given up when the file no longer names it, unless somebody else had connected the container', async () => {
    await host.container('ours', { networks: ['bridge'] });
    await at('theirs', '172.30.1.50');
    await expectDone({
      '172.30.1.10': { container_name: 'ours' },
      '172.30.1.11': { container_name: 'theirs' },
    });
    expect(await networksOf('ours')).toEqual([host.defaultNetwork, 'front'].sort());
    await expectDone({});
    expect(await networksOf('ours')).toEqual([host.defaultNetwork]);
    expect(await networksOf('theirs')).toEqual(['front']);
  });

  test('is not for a container without a network of its own, and that is explained', async () => {
    await host.container('on-host', { networkMode: 'host' });
    await host.container('inner', { networkMode: 'container:on-host' });
    await at('web', '172.30.1.50');
    const applied = await run('apply', {
      '172.30.1.10': { container_name: 'on-host' },
      '172.30.1.12': { container_name: 'inner' },
      '172.30.1.11': { container_name: 'web' },
    });
    expect(applied).toMatchObject({ exitCode: 1, stderr: '' });
    expect(applied.stdout).toMatch(/on-host\s+it uses the host's network and can have no address of its own/);
    expect(applied.stdout).toMatch(
      /inner\s+it shares another container's network; give that one the address/,
    );
    expect(await networksOf('on-host')).not.toContain('front');
    const web = await host.docker.getContainer('web').inspect();
    expect(web.NetworkSettings.Networks['front']?.IPAddress).toBe('172.30.1.11');
  });
});
