import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Container } from '../host/container.ts';
import { type DaemonScene, meets, sceneFile, startDaemonScene, until, untilQuiet } from './daemon-scene.ts';

/** In ms: where the kernel tells of it, and where it is looked for. */
const told = 10_000;
const lookedFor = 20_000;

const file = {
  ...sceneFile,
  routing: [
    {
      in: 'app',
      routes: [{ to: '10.61.0.0/24', via: '172.30.1.1' }],
      rules: [{ fwmark: 3, table: 300 }],
      sysctls: { 'net.ipv4.conf.all.accept_redirects': 0 },
    },
  ],
};

describe.each(['nft', 'legacy'] as const)('in a container, with rules in iptables-%s', (iptables) => {
  let scene: DaemonScene;
  let client: Container;
  beforeAll(async () => {
    scene = await startDaemonScene({ iptables, file });
    client = await scene.host.container('client', { networks: ['front'] });
  });
  afterAll(async () => await scene.host.stop());
  beforeEach(async () => await untilQuiet(scene.daemon));

  const isWhole = async () =>
    (await meets(scene.host, client, { address: '172.30.1.10', port: 80, timeoutMs: 200 })) === 'db';

  test.each([
    ['its nat table is flushed', 'iptables -t nat -F'],
    ['our chain is flushed', 'iptables -t nat -F NETWRIGHT-PREROUTING'],
    ['a hook is deleted', 'iptables -t nat -D PREROUTING -j NETWRIGHT-PREROUTING'],
    ['a hook is moved', 'iptables -t nat -I PREROUTING -p tcp --dport 80 -j RETURN'],
  ])('%s, and packets pass again', async (what, command) => {
    const { host, app, daemon } = scene;
    expect(await isWhole()).toBe(true);
    await host.sh(command.replace('iptables', `iptables-${iptables}`), { in: app });
    expect(await until(what, lookedFor, isWhole)).toBeLessThan(iptables === 'nft' ? told : lookedFor);
    const line = await daemon.waitForLine(/"message":"changed from outside"/, lookedFor);
    const by =
      iptables === 'nft' ? { by: expect.stringMatching(/^iptables.*pid \d+ on the host\)$/) as string } : {};
    expect(JSON.parse(line)).toMatchObject({ what: 'rules in app', ...by });
  });

  test.each([
    ['a route', 'ip route del 10.61.0.0/24', 'ip route', '10.61.0.0/24 via 172.30.1.1'],
    ['a rule', 'ip rule del fwmark 3 table 300', 'ip rule', 'fwmark 0x3 lookup 300'],
  ])('%s comes back', async (what, damage, list, whole) => {
    const { host, app, daemon } = scene;
    const has = async () => (await host.sh(list, { in: app })).includes(whole);
    expect(await has()).toBe(true);
    await host.sh(damage, { in: app });
    expect(await until(what, lookedFor, has)).toBeLessThan(told);
    const line = await daemon.waitForLine(/"message":"changed from outside"/, lookedFor);
    expect(JSON.parse(line)).toMatchObject({ what: 'routes in containers' });
  });

  test('a changed sysctl is set again, also in the next life of the container', async () => {
    const { host, app, daemon } = scene;
    const key = '/proc/sys/net/ipv4/conf/all/accept_redirects';
    const value = async () => (await host.sh(`cat ${key}`, { in: app })).trim();
    for (const life of ['first', 'next']) {
      await until(`the file's sysctl, ${life} life`, lookedFor, async () => (await value()) === '0');
      await host.sh(`echo 1 >${key}`, { in: app });
      expect(await value()).toBe('1');
      await until(`a changed sysctl, ${life} life`, lookedFor, async () => (await value()) === '0');
      await daemon.waitForLine(/"message":"changed from outside".*"what":"sysctls in containers"/, lookedFor);
      await app.restart();
      await untilQuiet(daemon, 1000);
    }
  });
});
