import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lacking } from '../host/engine-under-test.ts';
import { startHost, type ThrowawayHost } from '../host/throwaway-host.ts';

describe('a network of the file', () => {
  let host: ThrowawayHost;

  const run = async (command: 'plan' | 'apply', networks: object, ips: object = {}) =>
    await host.netwright([command], { file: { networks, ips } });
  const names = async () => (await host.docker.listNetworks()).map(({ Name }) => Name).sort();
  let engines: readonly string[];

  beforeAll(async () => {
    host = await startHost();
    engines = await names();
  });

  afterAll(async () => await host.stop());

  /** Podman's Docker API does not show it. */
  const range = (IPRange: string) => (host.isPodman ? {} : { IPRange });

  test('is made with all that it declares, and then there is nothing to do', async () => {
    const networks = {
      full: {
        network_name: 'full-name',
        subnet: ['172.30.1.0/24', 'fd30:1::/64'],
        gateway: ['172.30.1.254', 'fd30:1::fe'],
        ip_range: ['172.30.1.128/25', 'fd30:1::8000/113'],
        mtu: 1400,
        options: {
          'com.docker.network.bridge.name': 'br-full',
          ...(host.isPodman ? {} : { 'com.docker.network.bridge.enable_icc': true }),
        },
        labels: { purpose: 'test' },
      },
      closed: { subnet: '172.30.2.0/24', internal: true },
    };
    expect(await run('apply', networks)).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await host.docker.getNetwork('full-name').inspect()).toMatchObject({
      Driver: 'bridge',
      Internal: false,
      EnableIPv6: true,
      IPAM: {
        Config: [
          { Subnet: '172.30.1.0/24', Gateway: '172.30.1.254', ...range('172.30.1.128/25') },
          { Subnet: 'fd30:1::/64', Gateway: 'fd30:1::fe', ...range('fd30:1::8000/113') },
        ],
      },
      Options: host.isPodman
        ? { mtu: '1400' }
        : { 'com.docker.network.driver.mtu': '1400', 'com.docker.network.bridge.enable_icc': 'true' },
      Labels: { purpose: 'test' },
    });
    expect(await host.docker.getNetwork('closed').inspect()).toMatchObject({
      Internal: true,
      EnableIPv6: false,
    });
    // Podman makes the bridge when the first container comes.
    const one = await host.container('one', { networks: ['full-name'] });
    const two = await host.container('two', { networks: ['closed'] });
    expect(await host.sh('ip -brief address show nw-closed')).toContain('172.30.2.1/24');
    expect(await host.sh('ip -brief address show br-full')).toMatch(/172\.30\.1\.254\/24 fd30:1::fe\/64/);
    expect(await one.address()).toBe('172.30.1.128');
    expect(await host.sh('ip link show eth0', { in: one })).toContain('mtu 1400');

    // Podman 4.3 puts its chain before ours when a container joins.
    if (host.isPodman) await run('apply', networks);
    const before = await host.save();
    const again = await run('plan', networks);
    expect(again).toEqual({ exitCode: 0, stdout: 'No changes.\n', stderr: '' });
    expect((await run('apply', networks)).stdout).toBe('No changes.\n');
    expect(await host.save()).toEqual(before);
    await Promise.all([one.remove(), two.remove()]);
  });

  test('of ours is removed when the file no longer names it, one of somebody else never', async () => {
    await host.network('theirs', { subnet: '172.30.9.0/24' });
    await run('apply', { theirs: { subnet: '172.30.9.0/24' }, ours: { subnet: '172.30.8.0/24' } });
    expect(await names()).toEqual([...engines, 'ours', 'theirs']);
    expect(await run('apply', {})).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await names()).toEqual([...engines, 'theirs']);
  });

  test('of ours stays while somebody else has a container in it, and that is said', async () => {
    await run('apply', { used: { subnet: '172.30.8.0/24' } });
    const guest = await host.container('guest', { networks: ['used'] });
    const applied = await run('apply', {});
    expect(applied).toMatchObject({ exitCode: 1, stderr: '' });
    expect(applied.stdout).toMatch(/network used\s+no longer in the file, but still used by guest/);
    expect(await names()).toContain('used');
    await guest.remove();
    expect(await run('apply', {})).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await names()).not.toContain('used');
  });

  test('is refused where it overlaps another network or a route of the host, both named, and the rest goes on', async () => {
    await host.outside('lan', '10.20.0.1/16', '10.20.0.2/16');
    const networks = {
      a: { subnet: '172.30.9.128/25' },
      b: { subnet: '10.20.30.0/24' },
      c: { subnet: '172.30.7.0/24' },
    };
    const planned = await run('plan', networks);
    expect(planned).toMatchObject({ exitCode: 1 });
    const applied = await run('apply', networks);
    expect(applied).toMatchObject({ exitCode: 1 });
    for (const { stdout } of [planned, applied]) {
      expect(stdout).toMatch(
        /network a\s+subnet 172\.30\.9\.128\/25 overlaps 172\.30\.9\.0\/24 of network theirs/,
      );
      expect(stdout).toMatch(
        /network b\s+subnet 10\.20\.30\.0\/24 overlaps the host's route to 10\.20\.0\.0\/16 by lan/,
      );
    }
    expect(await names()).toEqual([...engines, 'c', 'theirs'].sort());
  });

  const unlike = lacking('it has no two networks of one name', 'docker-26', 'docker-28', 'podman');
  test.skipIf(unlike)('is refused where the engine has two of its name', async () => {
    for (const Subnet of ['172.30.20.0/24', '172.30.21.0/24'])
      await host.docker.createNetwork({
        Name: 'twin',
        CheckDuplicate: false,
        IPAM: { Config: [{ Subnet }] },
      });
    const networks = async () =>
      (await host.docker.listNetworks({ filters: { name: ['twin'] } })).map(({ Id }) => Id).sort();
    const twins = await networks();
    const applied = await run('apply', {
      c: { subnet: '172.30.7.0/24' },
      twin: { subnet: '172.30.20.0/24' },
    });
    expect(applied).toMatchObject({ exitCode: 1 });
    expect(applied.stdout).toMatch(/network twin\s+the engine has 2 networks of this name/);
    expect(await networks()).toEqual(twins);
  });

  test('never gives an address that the file declares to somebody else', async () => {
    const networks = { small: { subnet: '172.30.40.0/27' } };
    const declared = ['172.30.40.2', '172.30.40.3', '172.30.40.9', '172.30.40.10'];
    const ips = Object.fromEntries(declared.map((ip, index) => [ip, { container_name: `late-${index}` }]));
    expect(await run('apply', networks, ips)).toMatchObject({ exitCode: 0 });
    const got: string[] = [];
    for (let count = 0; count < 20; count++) {
      const container = await host
        .container(`dynamic-${count}`, { networks: ['small'] })
        .catch((error: unknown) => String(error));
      if (typeof container === 'string') {
        expect(container).toMatch(/no available|free IP/);
        break;
      }
      got.push(await container.address());
    }
    expect(got.length).toBeGreaterThan(10);
    expect(got.filter((address) => declared.includes(address))).toEqual([]);
    await host.container('late-2', { networks: ['bridge'] });
    expect(await run('apply', networks, ips)).toMatchObject({ exitCode: 0 });
    const { NetworkSettings } = await host.docker.getContainer('late-2').inspect();
    expect(NetworkSettings.Networks['small']?.IPAddress).toBe('172.30.40.9');
  });
});
