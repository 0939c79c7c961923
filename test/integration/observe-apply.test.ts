import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lacking } from '../host/engine-under-test.ts';
import { startHost, type ThrowawayHost } from '../host/throwaway-host.ts';
import { applied, containerIn, effects, endpointIn, look, networkIn, operation } from './effects.ts';

const mine = { 'io.netwright.managed': 'default' };

const isPodman = lacking('podman-networks and podman-places do the same with it', 'podman');

describe.skipIf(isPodman)('what is applied to a real engine is observed there', () => {
  let host: ThrowawayHost;
  beforeAll(async () => {
    host = await startHost();
    await host.network('foreign', { subnet: '172.31.9.0/24' });
    await Promise.all(['web', 'idle'].map((name) => host.container(name)));
    await host.container('stopped', { start: false });
  });
  afterAll(() => host.stop());

  test('a network, with its subnets, range, MTU and owner', async () => {
    const front = operation({
      kind: 'create-network',
      network: 'front',
      driver: 'bridge',
      internal: false,
      subnets: [
        { subnet: '172.31.1.0/24', gateway: '172.31.1.1', ipRange: '172.31.1.128/25' },
        { subnet: 'fd31:1::/64', gateway: 'fd31:1::1' },
      ],
      mtu: 1400,
      options: { 'com.docker.network.bridge.name': 'br-front' },
      labels: { ...mine, team: 'a' },
    });
    expect(await applied(host, front)).toEqual(['done']);
    const seen = await look(host);
    expect(networkIn(seen, 'front')).toMatchObject({
      driver: 'bridge',
      internal: false,
      subnets: [
        { subnet: '172.31.1.0/24', gateway: '172.31.1.1', ipRange: '172.31.1.128/25' },
        { subnet: 'fd31:1::/64', gateway: 'fd31:1::1' },
      ],
      options: { 'com.docker.network.driver.mtu': '1400', 'com.docker.network.bridge.name': 'br-front' },
      labels: { team: 'a' },
      owned: true,
    });
    expect(networkIn(seen, 'foreign').owned).toBe(false);
    expect(seen.inventory.networks.map(({ name }) => name)).not.toContain('none');
    expect(await applied(host, front)).toEqual([expect.stringMatching(/^failed: .*already exists/)]);
  });

  const place = { network: 'front', driverOptions: {}, owned: true };

  test('a running container with its addresses, aliases and a MAC that the kernel has too', async () => {
    const { id } = containerIn(await look(host), 'web');
    const connect = operation({
      kind: 'connect-endpoint',
      containerId: id,
      containerName: 'web',
      ...place,
      addresses: ['172.31.1.9', 'fd31:1::9'],
      aliases: ['www'],
      macAddress: '02:11:22:33:44:55',
    });
    expect(await applied(host, connect)).toEqual(['done']);
    const seen = await look(host);
    expect(endpointIn(seen, 'web', 'front')).toMatchObject({
      networkId: networkIn(seen, 'front').id,
      addresses: ['172.31.1.9', 'fd31:1::9'],
      requested: ['172.31.1.9', 'fd31:1::9'],
      aliases: ['www'],
      macAddress: '02:11:22:33:44:55',
      owned: true,
    });
    expect(endpointIn(seen, 'web', 'bridge')).toMatchObject({ requested: [], aliases: [], owned: false });
    expect(await host.sh('busybox ping -c1 -W1 172.31.1.9 >&2; ip neigh show 172.31.1.9')).toContain(
      '02:11:22:33:44:55',
    );
  });

  test('a MAC that the engine forgot when the container was restarted', async () => {
    await effects(host, { do: 'restart', container: 'web' });
    expect(endpointIn(await look(host), 'web', 'front')?.macAddress).not.toBe('02:11:22:33:44:55');
  });

  test('a stopped container with the addresses it will have, and has them once it runs', async () => {
    const { id, running } = containerIn(await look(host), 'stopped');
    expect(running).toBe(false);
    const connect = operation({
      kind: 'connect-endpoint',
      containerId: id,
      containerName: 'stopped',
      ...place,
      addresses: ['172.31.1.8'],
      aliases: [],
    });
    expect(await applied(host, connect)).toEqual(['done']);
    const before = await look(host);
    expect(endpointIn(before, 'stopped', 'front')).toMatchObject({
      networkId: networkIn(before, 'front').id,
      addresses: ['172.31.1.8'],
      owned: true,
    });
    await host.docker.getContainer('stopped').start();
    expect(endpointIn(await look(host), 'stopped', 'front')?.addresses).toEqual(['172.31.1.8', 'fd31:1::2']);
  });

  test('members kept on the engine until they are forgotten, the newest list of each', async () => {
    const member = {
      containerId: 'c1',
      containerName: 'web',
      addresses: ['172.31.1.9'],
      aliases: ['www'],
      macAddress: '02:11:22:33:44:55',
      driverOptions: { 'a.b': 'c' },
      gatewayPriority: 3,
      owned: true,
    };
    const keep = (...members: readonly (typeof member)[]) =>
      operation({ kind: 'keep-members', network: 'a net/with: odd name', members });
    expect(await applied(host, keep(member), keep(member, { ...member, containerId: 'c2' }))).toEqual([
      'done',
      'done',
    ]);
    expect((await look(host)).inventory.keptMembers).toEqual([
      { network: 'a net/with: odd name', members: [member, { ...member, containerId: 'c2' }] },
    ]);
    const forget = operation({ kind: 'forget-members', network: 'a net/with: odd name' });
    expect(await applied(host, forget, forget)).toEqual(['done', 'done']);
    expect((await look(host)).inventory.keptMembers).toEqual([]);
  });

  test('what fails stops only what needs it; what is gone already is as good as removed', async () => {
    const seen = await look(host);
    const { id: networkId } = networkIn(seen, 'front');
    const leave = (name: string) =>
      operation({
        kind: 'disconnect-endpoint',
        containerId: containerIn(seen, name).id,
        containerName: name,
        networkId,
        network: 'front',
      });
    const remove = operation({
      kind: 'remove-network',
      networkId,
      network: 'front',
      provides: 'network front',
    });
    const outcomes = await applied(
      host,
      remove,
      { ...leave('web'), needs: ['network front'] },
      leave('web'),
      leave('web'),
      leave('stopped'),
      leave('idle'),
      remove,
      remove,
    );
    expect(outcomes).toEqual([
      expect.stringMatching(/^failed: .*has active endpoints/),
      'skipped: not without network front: see its own error',
      ...['done', 'done', 'done', 'done', 'done', 'done'],
    ]);
    expect((await look(host)).inventory.networks.map(({ name }) => name)).not.toContain('front');
  });

  test("the engine's events, until it is told to stop or the engine ends", async () => {
    await host.docker.getContainer('stopped').stop({ t: 0 });
    const [told, broken] = await effects(
      host,
      { do: 'events', container: 'stopped' },
      { do: 'events', endEngine: true },
    );
    expect(told).toMatchObject({ ended: 'ended' });
    expect(told).toHaveProperty('told', expect.arrayContaining(['network connect', 'container start']));
    expect(broken).toMatchObject({ ended: 'ENGINE_UNREACHABLE' });
    await host.startEngine();
  });
});
