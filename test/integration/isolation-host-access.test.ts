import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { at, type Member, named, Scene, subnets } from './isolation-scene.ts';

const open = { work: subnets(1), back: subnets(2) };
const networks = { ...open, work: { ...open.work, host_access: 'deny' } };
const ips = named({ app: at(1, 20), db: at(2, 20) });

describe('host_access: deny', () => {
  let scene: Scene;
  let app: Member;
  let other: Member;
  let db: Member;
  /** The host by its address in the network, in another one, and outside. */
  let hosts: readonly Member[];

  const resolves = async ({ place }: Member, name: string) => {
    const { State } = await scene.host.docker.getContainer(place.name).inspect();
    const argv = ['nsenter', '--target', String(State.Pid), '--mount', '--net', 'busybox', 'nslookup', name];
    return (await scene.host.exec(argv)).stdout;
  };

  beforeAll(async () => {
    scene = await Scene.start();
    await scene.apply(open);
    hosts = [at(1, 1), at(2, 1), ['10.9.0.1', 'fd09::1']].map((addresses) => scene.theHost(addresses));
    app = await scene.member('app', 'work', at(1, 20));
    other = await scene.member('other', 'work', at(1, 21), { ports: ['8081:80'] });
    db = await scene.member('db', 'back', at(2, 20), { ports: ['8080:80'] });
    for (const host of hosts) await scene.listen(host);
    for (const host of hosts) await scene.expectOpen(app, host);
  });

  afterAll(async () => await scene.host.stop());

  test('closes every address that the host has, to the containers of the network alone', async () => {
    await scene.apply(networks, [], ips);
    for (const host of hosts) {
      await scene.expectClosed(app, host, 80);
      await scene.expectClosed(app, host, 123, 'udp');
      expect(await scene.pings(app, host)).toEqual([false, false]);
      await scene.expectOpen(db, host, 80);
    }
  });

  test('closes the link-local address of the bridge', async () => {
    const [address] =
      /fe80:[0-9a-f:]+/.exec(await scene.host.sh('ip -6 address show dev nw-work scope link')) ?? [];
    const argv = ['busybox', 'ping', '-c1', '-W1'];
    const own = await scene.host.exec([...argv, `${address}%nw-work`]);
    expect(own.stdout).toContain('1 packets received');
    const ping = async () => (await scene.host.exec([...argv, `${address}%eth0`], { in: app.place })).stdout;
    expect(await ping()).toContain('0 packets received');
    await scene.apply(open);
    expect(await ping()).toContain('1 packets received');
    await scene.apply(networks, [], ips);
  });

  test('is opened by a policy to the host, one port, one source', async () => {
    await scene.apply(networks, [{ from: 'app', to: 'host', port: 123, proto: 'udp' }], ips);
    for (const host of hosts) {
      await scene.expectOpen(app, host, 123, 'udp');
      await scene.expectClosed(app, host, 124, 'udp');
      await scene.expectClosed(app, host, 80);
      await scene.expectClosed(other, host, 123, 'udp');
    }
  });

  test('is opened by a policy to one address of it', async () => {
    await scene.apply(networks, [{ from: 'work', to: ['10.9.0.1', 'fd09::1'], port: 80 }], ips);
    await scene.expectOpen(app, scene.theHost(), 80);
    await scene.expectClosed(app, scene.theHost(at(1, 1)), 80);
  });

  test('lets the host reach the containers, and them what is outside and in the network', async () => {
    await scene.apply(networks, [], ips);
    await scene.expectOpen(scene.theHost(), app);
    expect(await scene.pings(scene.theHost(), app)).toEqual([true, true]);
    await scene.expectOpen(app, scene.peer);
    await scene.expectOpen(app, other);
  });

  test("leaves the engine's answers to questions for names", async () => {
    expect(await resolves(app, 'other')).toContain('172.30.1.21');
  });

  test('leaves published ports to those outside', async () => {
    expect(await scene.ask(scene.peer, '10.9.0.1', 8081)).toMatchObject({
      by: 'other',
      clientAddress: '10.9.0.2',
    });
    expect(await scene.ask(scene.peer, '10.9.0.1', 8080)).toMatchObject({ by: 'db' });
  });
});
