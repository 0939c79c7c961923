import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startHost, type ThrowawayHost } from '../host/throwaway-host.ts';
import { askPodman, isOtherDocker, podman } from './podman-engine.ts';

describe.skipIf(isOtherDocker)('a network of the file on Podman', () => {
  let host: ThrowawayHost;

  const run = async (command: 'plan' | 'apply' | 'destroy', networks: object, more: object = {}) =>
    await host.netwright([command], command === 'destroy' ? {} : { file: { networks, ...more } });
  const inspect = async (name: string) => await askPodman(host, `/networks/${name}/json`);

  beforeAll(async () => {
    host = await startHost({ engine: podman });
  });

  afterAll(async () => await host.stop());

  test('is made with its bridge, its range and names that resolve, and without the isolation of the engine', async () => {
    const networks = {
      front: { subnet: ['172.30.1.0/24', 'fd30:1::/64'], ip_range: '172.30.1.128/25', mtu: 1400 },
      named: { subnet: '172.30.2.0/24', options: { 'com.docker.network.bridge.name': 'br-named' } },
      six: { subnet: 'fd30:3::/64', internal: true },
    };
    expect(await run('apply', networks)).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await inspect('front')).toMatchObject({
      network_interface: 'nw-front',
      dns_enabled: true,
      internal: false,
      options: { mtu: '1400' },
      subnets: [
        {
          subnet: '172.30.1.0/24',
          gateway: '172.30.1.1',
          lease_range: { start_ip: '172.30.1.128', end_ip: '172.30.1.254' },
        },
        { subnet: 'fd30:1::/64', gateway: 'fd30:1::1' },
      ],
    });
    expect(JSON.stringify(await inspect('front'))).not.toContain('isolate');
    expect(await inspect('named')).toMatchObject({ network_interface: 'br-named' });
    expect(await inspect('six')).toMatchObject({ internal: true, subnets: [{ subnet: 'fd30:3::/64' }] });
    expect((await run('plan', networks)).stdout).toBe('No changes.\n');
    const guest = await host.container('guest', { networks: ['front'] });
    expect(await guest.address()).toBe('172.30.1.128');
    expect(await host.sh('ip link show nw-front')).toContain('mtu 1400');
    await guest.remove();
  });

  test('has the options that Podman has, and is warned of where the file has others', async () => {
    const icc = 'com.docker.network.bridge.enable_icc';
    const networks = { plain: { subnet: '172.30.7.0/24', options: { [icc]: false } } };
    const applied = await run('apply', networks);
    expect(applied).toMatchObject({ exitCode: 0, stderr: '' });
    expect(applied.stdout).toContain(`Podman has no option ${icc}: it does nothing here`);
    expect((await run('plan', networks)).stdout).toContain('No changes.');
    const refused = await run('apply', { other: { subnet: '172.30.8.0/24', options: { nonsense: '1' } } });
    expect(refused.exitCode).toBe(1);
    expect(refused.stdout).toMatch(/nonsense/);
  });

  test('is left by a member whose MAC its bridge had, and the others reach their gateway at once', async () => {
    const networks = { moving: { subnet: '172.30.9.0/24' }, other: { subnet: '172.30.10.0/24' } };
    const ips = Object.fromEntries(
      ['stays', 'leaves'].map((container_name, index) => [`172.30.9.${10 + index}`, { container_name }]),
    );
    const [stays, leaves] = [await host.container('stays'), await host.container('leaves')];
    const file = { ips, policies: [{ from: 'stays', to: '172.30.10.1', port: 80 }] };
    expect(await run('apply', networks, file)).toMatchObject({ exitCode: 0, stderr: '' });
    const shown = await host.sh('ip -brief address show to 172.30.9.11', { in: leaves });
    const port = /@if(\d+)/.exec(shown)?.[1] ?? '';
    const veth = new RegExp(`^${port}: ([^@:]+)`, 'm').exec(await host.sh('ip -o link'))?.[1] ?? '';
    await host.sh(`ip link set ${veth} address 02:00:00:00:00:01`);
    await host.listen(host, { port: 80, address: '172.30.9.1' });
    const ask = async () => await host.connect(stays, { address: '172.30.9.1', port: 80 });
    expect(await ask()).toMatchObject({ by: 'host' });
    await leaves.remove();
    expect(await ask()).toMatchObject({ by: 'host' });
    await stays.remove();
  });

  test('passes what a policy allows to another one, also where somebody had made it with isolation and it may be replaced', async () => {
    for (const Name of ['left', 'right'])
      await host.docker.createNetwork({
        Name,
        IPAM: { Config: [{ Subnet: Name === 'left' ? '172.30.5.0/24' : '172.30.6.0/24' }] },
      });
    expect(await inspect('left')).toMatchObject({ options: { isolate: 'true' } });
    const left = await host.container('left', { networks: { left: { ipv4: '172.30.5.10' } } });
    const right = await host.container('right', { networks: { right: { ipv4: '172.30.6.10' } } });
    for (const port of [80, 81]) await host.listen(right, { port });
    const ask = async (port: number) => (await host.connect(left, { address: '172.30.6.10', port })).kind;
    const file = (on_conflict: 'fail' | 'recreate') =>
      [
        {
          left: { subnet: '172.30.5.0/24', on_conflict },
          right: { subnet: '172.30.6.0/24', on_conflict },
        },
        {
          ips: {
            '172.30.5.10': { container_name: 'left' },
            '172.30.6.10': { container_name: 'right' },
          },
          policies: [{ from: 'left', to: 'right', port: 80 }],
        },
      ] as const;
    const warned = await run('apply', ...file('fail'));
    expect(warned).toMatchObject({ exitCode: 0, stderr: '' });
    const passes = (await ask(80)) === 'answered';
    expect(warned.stdout.includes('Podman itself lets nothing pass')).toBe(!passes);
    expect(await run('apply', ...file('recreate'))).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.stringify(await inspect('left'))).not.toContain('isolate');
    expect([await ask(80), await ask(81)]).toEqual(['answered', 'timeout']);
    expect((await run('plan', ...file('recreate'))).stdout).toBe('No changes.\n');
  });
});
