import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { at, type Member, named, Scene, subnets } from './isolation-scene.ts';

const networks = { front: subnets(1), back: subnets(2), side: subnets(3) };
const elsewhere = ['198.18.0.9', '2001:db8::9'];

describe('a source address that is borrowed', () => {
  let scene: Scene;
  let app: Member;
  let db: Member;
  let neighbour: Member;
  let thief: Member;

  const policies = [
    { from: '172.30.1.0/24', to: '172.30.2.10', port: 123, proto: 'udp' },
    { from: 'fd30:1::/64', to: 'fd30:2::10', port: 123, proto: 'udp' },
    { from: 'side', to: 'both', port: 80 },
  ];
  const ips = named({ both: [...at(1, 30), ...at(2, 30)] });

  /** Counts whatever comes for udp 123 before anything in that place could drop it. */
  const count = async ({ place }: Member) => {
    const chain = 'type filter hook prerouting priority -400;';
    const table = `table inet seen { chain first { ${chain} udp dport 123 counter; }; }`;
    await scene.host.exec(['nft', '-f', '-'], { input: table, in: place });
  };
  const arrived = async ({ place }: Member) => {
    const listed = await scene.host.sh('nft list table inet seen', { in: place });
    return Number(/counter packets (\d+)/.exec(listed)?.[1]);
  };
  /** How many of two packets, one of each family, that say they come from these addresses arrive. */
  const send = async (sender: Member, sources: readonly string[], target: Member) => {
    const before = await arrived(target);
    for (const [index, source] of sources.entries()) {
      const added = await scene.host.exec(
        ['ip', 'address', 'add', source, 'dev', 'eth0', ...(source.includes(':') ? ['nodad'] : [])],
        { in: sender.place },
      );
      expect(added.stderr).toMatch(/^$|File exists|already assigned/);
      const address = target.addresses[index] ?? '';
      await scene.host.connect(sender.place, { address, port: 123, proto: 'udp', localAddress: source });
    }
    return (await arrived(target)) - before;
  };

  beforeAll(async () => {
    scene = await Scene.start();
    await scene.apply(networks);
    app = await scene.member('app', 'front', at(1, 20));
    db = await scene.member('db', 'back', at(2, 10));
    neighbour = await scene.member('neighbour', 'back', at(2, 11));
    thief = await scene.member('thief', 'side', at(3, 66), { capAdd: ['NET_ADMIN', 'NET_RAW'] });
    await count(db);
    await count(scene.peer);
    await scene.apply(networks, policies, ips);
  });

  afterAll(async () => await scene.host.stop());

  test('does not get in where its owner may', async () => {
    expect(await send(app, app.addresses, db)).toBe(2);
    expect(await send(thief, at(1, 77), db)).toBe(0);
    expect(await send(thief, app.addresses, db)).toBe(0);
  });

  test('is not let through within one network either, where the kernel shows us that', async () => {
    await scene.host.sh(
      'echo 0 >/proc/sys/net/bridge/bridge-nf-call-iptables; echo 0 >/proc/sys/net/bridge/bridge-nf-call-ip6tables',
    );
    expect(await send(neighbour, at(1, 77), db)).toBe(2);
    await scene.host.sh(
      'echo 1 >/proc/sys/net/bridge/bridge-nf-call-iptables; echo 1 >/proc/sys/net/bridge/bridge-nf-call-ip6tables',
    );
    expect(await send(neighbour, at(1, 77), db)).toBe(0);
  });

  test('does not get outside either', async () => {
    expect(await send(thief, at(1, 77), scene.peer)).toBe(0);
  });

  test('that belongs to no network of the file does not get in between them', async () => {
    // Podman 5 has its bridges drop what comes from where no route leads at all (rp_filter=2).
    await scene.host.sh('ip route add 198.18.0.0/24 via 10.9.0.2');
    expect(await send(thief, elsewhere, scene.peer)).toBe(2);
    expect(await send(thief, elsewhere, db)).toBe(0);
  });

  test('is not what a container uses that answers by another of its networks', async () => {
    const client = await scene.member('client', 'side', at(3, 20));
    const networksOfBoth = {
      front: { ipv4: '172.30.1.30', ipv6: 'fd30:1::30' },
      back: { ipv4: '172.30.2.30', ipv6: 'fd30:2::30' },
    };
    const place = await scene.host.container('both', { networks: networksOfBoth });
    await scene.apply(networks, policies, ips);
    const both = { name: 'both', place, addresses: [...at(1, 30), ...at(2, 30)] };
    await scene.listen(both);
    await scene.expectOpen(client, both);
    expect(await send(thief, at(2, 30), db)).toBe(0);
  });
});
