import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Container } from '../host/container.ts';
import { lookUp } from '../host/look-up.ts';
import { startHost, type ThrowawayHost } from '../host/throwaway-host.ts';

const ips = {
  '172.30.1.10': { container_name: 'web', aliases: ['www'], mac_address: '02:00:00:00:00:10' },
};

describe('a network whose subnet changes in the file', () => {
  let host: ThrowawayHost;
  let web: Container;
  let guest: Container;

  const run = async (command: 'plan' | 'apply', file: object) => await host.netwright([command], { file });
  const endpoint = async (name: string, network = 'front') =>
    (await host.docker.getContainer(name).inspect()).NetworkSettings.Networks[network];
  const macOf = async (container: Container, address: string) => {
    const device = (await host.sh(`ip -brief address show to ${address}`, { in: container })).replace(
      /@.*/s,
      '',
    );
    return (await host.sh(`ip -brief link show ${device}`, { in: container })).split(/ +/)[2];
  };

  beforeAll(async () => {
    host = await startHost();
    const file = { networks: { front: { subnet: '172.30.1.0/24', labels: { kept: 'yes' } } }, ips };
    web = await host.container('web', { networks: ['bridge'] });
    expect(await run('apply', file)).toMatchObject({ exitCode: 0, stderr: '' });
    guest = await host.container('guest', {
      networks: { front: { ipv4: '172.30.1.40', aliases: ['visitor'] } },
    });
    await host.container('asleep', { networks: { front: { ipv4: '172.30.1.41' } }, start: false });
    await host.container('dynamic', { networks: ['front'] });
    await host.listen(web, { port: 80 });
    expect(await host.connect(guest, { address: '172.30.1.10', port: 80 })).toMatchObject({ by: 'web' });
    expect(await macOf(web, '172.30.1.10')).toBe('02:00:00:00:00:10');
  });

  afterAll(async () => await host.stop());

  test('is refused without consent, and nothing is changed', async () => {
    const before = await host.save();
    const file = { networks: { front: { subnet: '172.30.0.0/23' } }, ips };
    for (const command of ['plan', 'apply'] as const) {
      const { exitCode, stdout } = await run(command, file);
      expect(exitCode).toBe(1);
      expect(stdout).toMatch(/network front\s+the live network differs: subnet was 172\.30\.1\.0\/24/);
      expect(stdout).toContain('on_conflict: recreate');
    }
    expect(await host.save()).toEqual(before);
  });

  test('is replaced with consent, and every member has its place back', async () => {
    const before = {
      mac: await macOf(guest, '172.30.1.40'),
      id: (await host.docker.getNetwork('front').inspect()).Id,
    };
    const file = { networks: { front: { subnet: '172.30.0.0/23', on_conflict: 'recreate' } }, ips };
    const planned = await run('plan', file);
    expect(planned.exitCode).toBe(2);
    expect(planned.stdout).toMatch(/~ front .*interrupts .*web/);
    const applied = await run('apply', file);
    expect(applied).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await run('plan', file)).toMatchObject({ exitCode: 0, stdout: 'No changes.\n' });

    const network = await host.docker.getNetwork('front').inspect();
    expect(network.Id).not.toBe(before.id);
    expect(network.IPAM?.Config).toMatchObject([{ Subnet: '172.30.0.0/23' }]);
    expect(await endpoint('web')).toMatchObject({ IPAddress: '172.30.1.10', IPPrefixLen: 23 });
    expect(await macOf(web, '172.30.1.10')).toBe('02:00:00:00:00:10');
    expect(await macOf(guest, '172.30.1.40')).toBe(before.mac);
    expect((await endpoint('guest'))?.Aliases).toEqual(expect.arrayContaining(['visitor']));
    // Podman does not show what a container will have that does not run.
    if (!host.isPodman)
      expect(await endpoint('asleep')).toMatchObject({ IPAMConfig: { IPv4Address: '172.30.1.41' } });
    expect((await endpoint('dynamic'))?.IPAddress).toMatch(/^172\.30\.[01]\./);
  });

  test('carries packets and names again, to those who were stopped as well', async () => {
    expect(await host.connect(guest, { address: '172.30.1.10', port: 80 })).toMatchObject({ by: 'web' });
    expect(await lookUp(host, guest, 'www')).toContain('172.30.1.10');
    expect(await lookUp(host, web, 'visitor')).toContain('172.30.1.40');
    const asleep = host.docker.getContainer('asleep');
    await asleep.start();
    expect((await endpoint('asleep'))?.IPAddress).toMatch(host.isPodman ? /^172\.30\./ : /^172\.30\.1\.41$/);
  });

  test('leaves nobody out whose address is not in the new one: it has another there', async () => {
    const file = {
      networks: { front: { subnet: '10.44.0.0/24', on_conflict: 'recreate' } },
      ips: { '10.44.0.10': { container_name: 'web' } },
    };
    expect(await run('apply', file)).toMatchObject({ exitCode: 0, stderr: '' });
    for (const name of ['guest', 'asleep', 'dynamic'])
      expect((await endpoint(name))?.IPAddress).toMatch(/^10\.44\.0\./);
    expect(await host.connect(guest, { address: '10.44.0.10', port: 80 })).toMatchObject({ by: 'web' });
    expect((await host.docker.listVolumes()).Volumes).toEqual([]);
  });
});
