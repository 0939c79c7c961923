import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { textsOf } from '../../src/host/answer.ts';
import type { Container } from '../host/container.ts';
import { startHost, type ThrowawayHost } from '../host/throwaway-host.ts';
import { isOtherDocker, podman } from './podman-engine.ts';

const networks = { front: { subnet: ['172.30.1.0/24', 'fd30:1::/64'] } };
const ips = {
  '172.30.1.10': { container_name: 'web', aliases: ['www'], mac_address: '02:00:00:00:00:10' },
  'fd30:1::10': { container_name: 'web' },
  '172.30.1.11': { container_name: 'asleep' },
};

describe.skipIf(isOtherDocker)("a container's place in a network of Podman", () => {
  let host: ThrowawayHost;
  let web: Container;
  let asleep: Container;

  const run = async (command: 'plan' | 'apply', file: object = { networks, ips }) =>
    await host.netwright([command], { file });
  const expectNothingToDo = async (file?: object) => {
    for (const command of ['plan', 'apply'] as const)
      expect(await run(command, file)).toEqual({ exitCode: 0, stdout: 'No changes.\n', stderr: '' });
  };
  /** Milliseconds that the quickest of some plans took. */
  const quickest = async (pattern: RegExp) => {
    const taken: number[] = [];
    while (taken.length < 3) {
      const began = performance.now();
      expect((await run('plan')).stdout).toMatch(pattern);
      taken.push(performance.now() - began);
    }
    return Math.min(...taken);
  };
  const aliasesOf = async (container: Container) =>
    textsOf((await container.inspect()).NetworkSettings.Networks['front']?.Aliases);
  const networksOf = async (container: Container) =>
    Object.keys((await container.inspect()).NetworkSettings.Networks).sort();

  beforeAll(async () => {
    host = await startHost({ engine: podman });
    web = await host.container('web');
    asleep = await host.container('asleep', { start: false });
    const applied = await run('apply');
    expect(applied).toMatchObject({ exitCode: 0, stderr: '' });
    expect(applied.stdout).not.toContain('netwright.default');
  });

  afterAll(async () => await host.stop());

  test('carries what was asked for as one more name, and is as it should be then', async () => {
    expect(await aliasesOf(web)).toEqual(
      expect.arrayContaining(['www', 'netwright.default.own.4-172-30-1-10.6-fd30-1--10.m-02-00-00-00-00-10']),
    );
    await expectNothingToDo();
    const json = await host.netwright(['plan', '--json'], { file: { networks, ips: {} } });
    expect(json.stdout).not.toContain('netwright.default.own');
  });

  test('is known while the container is stopped, and planned but once', async () => {
    await web.stop();
    await expectNothingToDo();
    await asleep.start();
    expect(await asleep.address('front')).toBe('172.30.1.11');
    await web.start();
    expect(await web.address('front')).toBe('172.30.1.10');
    expect(await web.address('front', 'ipv6')).toBe('fd30:1::10');
    // The bridge went with the last of them and is another one now: Podman 4's has sysctls of ours.
    expect((await run('apply')).stdout).not.toMatch(/^(networks|containers)$/m);
    await expectNothingToDo();
  });

  test('has a MAC that it keeps, so that its neighbours reach it at once when it is back', async () => {
    await host.listen(asleep, { port: 80 });
    const asked = async () => await host.connect(web, { address: '172.30.1.11', port: 80 });
    expect(await asked()).toMatchObject({ by: 'asleep' });
    const macOf = async () => (await asleep.inspect()).NetworkSettings.Networks['front']?.MacAddress;
    const before = await macOf();
    await asleep.restart();
    expect(await macOf()).toBe(before);
    await host.listen(asleep, { port: 80 });
    expect(await asked()).toMatchObject({ by: 'asleep' });
  });

  test('that somebody else gave it is changed where the file says so, and stays his', async () => {
    const guest = await host.container('guest', { networks: { front: { ipv4: '172.30.1.77' } } });
    const file = { networks, ips: { ...ips, '172.30.1.12': { container_name: 'guest' } } };
    expect(await run('apply', file)).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await guest.address('front')).toBe('172.30.1.12');
    await guest.stop();
    await expectNothingToDo(file);
    expect(await run('apply')).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await networksOf(guest)).toEqual(['front']);
    await guest.remove();
  });

  test('is left by nobody but the one who pretends that we had connected him', async () => {
    const aliases = ['netwright.default.own.4-172-30-1-11'];
    const liar = await host.container('liar', { networks: { front: { ipv4: '172.30.1.50', aliases } } });
    const other = await host.container('other', {
      networks: { front: { ipv4: '172.30.1.51', aliases: ['netwright.blue.own.4-172-30-1-51'] } },
    });
    const planned = await run('plan');
    expect(planned.stdout).toMatch(/- liar in front\s+172\.30\.1\.50/);
    expect(planned.stdout).toContain('0 to add, 0 to change, 1 to remove.');
    expect(await run('apply')).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await networksOf(liar)).toEqual([]);
    expect(await networksOf(other)).toEqual(['front']);
    expect(await asleep.address('front')).toBe('172.30.1.11');
    await Promise.all([liar.remove(), other.remove()]);
  });

  test('is left, and taken again, though the rules of Podman itself were flushed', async () => {
    await host.sh('nft flush ruleset');
    const { '172.30.1.11': given, ...others } = ips;
    expect(await run('apply', { networks, ips: others })).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await networksOf(asleep)).toEqual(['podman']);
    expect(await run('apply')).toMatchObject({ exitCode: 0, stderr: '' });
    expect(given.container_name).toBe('asleep');
    expect(await asleep.address('front')).toBe('172.30.1.11');
    await expectNothingToDo();
    await host.sh('nft flush ruleset');
    // Podman 4.3 does it, says that it failed, and can be asked for no container from then on.
    const left = host.docker.getNetwork('front').disconnect({ Container: 'web', Force: true });
    await left.catch((error: unknown) =>
      expect(String(error)).toContain('No chain/target/match by that name'),
    );
    const held = await quickest(/\+ web in front/);
    const applied = await run('apply');
    expect(applied).toMatchObject({ exitCode: 0, stderr: '' });
    expect(applied.stdout).toMatch(/\+ web in front/);
    expect(await web.address('front')).toBe('172.30.1.10');
    await expectNothingToDo();
    expect(held).toBeLessThan((await quickest(/^No changes/)) + 1500);
  });

  test('goes with the network when all is given up', async () => {
    await web.stop();
    expect(await host.netwright(['destroy'])).toMatchObject({ exitCode: 0, stderr: '' });
    expect((await host.docker.listNetworks()).map(({ Name }) => Name)).toEqual(['bridge']);
    expect(await networksOf(web)).toEqual(['podman']);
    expect(await networksOf(asleep)).toEqual(['podman']);
  });
});
