import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { at, type Member, named, Scene, subnets } from './isolation-scene.ts';

const networks = { front: { ...subnets(1), isolated: true }, back: subnets(2) };
const ips = named({ app: at(1, 20), db: at(1, 21) });
const sysctls = ['bridge-nf-call-iptables', 'bridge-nf-call-ip6tables'].map(
  (name) => `/proc/sys/net/bridge/${name}`,
);

describe('inside a network that is isolated', () => {
  let scene: Scene;
  let app: Member;
  let db: Member;
  let inner: readonly [Member, Member];

  const shown = async () => (await scene.host.sh(`cat ${sysctls.join(' ')}`)).trim().split('\n');

  beforeAll(async () => {
    scene = await Scene.start();
    for (const sysctl of sysctls) await scene.host.sh(`echo 0 >${sysctl}`);
    await scene.apply({ front: subnets(1), back: subnets(2) });
    app = await scene.member('app', 'front', at(1, 20));
    db = await scene.member('db', 'front', at(1, 21));
    inner = [await scene.member('one', 'back', at(2, 20)), await scene.member('two', 'back', at(2, 21))];
  });

  afterAll(async () => await scene.host.stop());

  test('everything passes before it is', async () => {
    await scene.expectOpen(app, db);
    expect(await shown()).toEqual(['0', '0']);
  });

  test('nothing passes, and the kernel is told to show us what its bridge carries', async () => {
    await scene.apply(networks);
    expect(await shown()).toEqual(['1', '1']);
    for (const [from, to] of [[app, db] as const, [db, app] as const]) {
      await scene.expectClosed(from, to, 80);
      await scene.expectClosed(from, to, 123, 'udp');
      expect(await scene.pings(from, to)).toEqual([false, false]);
    }
  });

  test('a policy opens one port in one direction', async () => {
    await scene.apply(networks, [{ from: 'app', to: 'db', port: 80 }], ips);
    await scene.expectOpen(app, db, 80);
    await scene.expectClosed(app, db, 81);
    await scene.expectClosed(db, app, 80);
  });

  test('neighbours find each other in IPv6 when they knew nothing of each other', async () => {
    for (const { place } of [app, db]) await scene.host.sh('ip neighbour flush all', { in: place });
    await scene.expectOpen(app, db, 80);
  });

  test('nothing passes by link-local addresses either', async () => {
    const linkLocal = async ({ place }: Member) =>
      /inet6 (fe80:[0-9a-f:]+)/.exec(
        await scene.host.sh('ip -6 address show dev eth0 scope link', { in: place }),
      )?.[1] ?? '';
    const target = `${await linkLocal(db)}%eth0`;
    const ping = async (from: Member) =>
      (await scene.host.exec(['busybox', 'ping', '-c1', '-W1', target], { in: from.place })).stdout;
    expect(await ping(db)).toContain('1 packets received');
    expect(await ping(app)).toContain('0 packets received');
  });

  test('its containers reach what is outside and the host', async () => {
    await scene.expectOpen(app, scene.peer);
    await scene.listen(scene.theHost());
    await scene.expectOpen(app, scene.theHost());
    await scene.expectOpen(scene.theHost(), app);
  });

  test('in another network everything passes', async () => {
    await scene.expectOpen(...inner);
    await scene.expectOpen(...inner, 123, 'udp');
  });

  test('everything passes when it is no more, and the kernel does as before', async () => {
    await scene.apply({ ...networks, front: subnets(1) });
    expect(await shown()).toEqual(['0', '0']);
    await scene.expectOpen(db, app, 80);
    await scene.apply(networks);
    expect(await shown()).toEqual(['1', '1']);
    await scene.host.netwright(['destroy']);
    expect(await shown()).toEqual(['0', '0']);
    expect(await scene.host.sh('iptables-save; ip6tables-save; ipset save')).not.toMatch(/netwright/i);
  });
});
