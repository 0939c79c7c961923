import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engineUnderTest } from '../host/engine-under-test.ts';
import type { Outcome } from '../host/probes.ts';
import { at, type Member, named, Scene, subnets } from './isolation-scene.ts';

const open = { web: subnets(1), back: subnets(2) };
const networks = { ...open, web: { ...open.web, ingress: 'deny' } };
const ips = named({ shop: at(1, 20), client: at(2, 20) });
const hostAddresses = ['10.9.0.1', 'fd09::1'];
const isDocker = engineUnderTest.startsWith('docker');

describe.each(isDocker ? [true, false] : [undefined])('ingress: deny, userland proxy %s', (proxy) => {
  let scene: Scene;
  let shop: Member;
  let client: Member;
  let neighbour: Member;
  let theirs: Member;
  let host: Member;
  /** Families in which the engine translates a published port; in the others its proxy connects in the client's place, if at all. */
  let translated: readonly string[];

  const published = async (from: Member, address: string) => await scene.ask(from, address, 8080);
  /** What a proxy accepted and could not hand on is not answered either. */
  const isAnswered = ({ kind }: Outcome) => kind === 'answered';
  const expectNoneAnswered = async (outcomes: readonly Promise<Outcome>[]) => {
    expect(await scene.ask(host, shop.addresses[0] ?? '', 79)).not.toMatchObject({ kind: 'answered' });
    expect((await Promise.all(outcomes)).filter(isAnswered)).toEqual([]);
  };
  /** By the published port from everywhere but the network itself, and by the container's own. */
  const expectNobody = async (...members: readonly Member[]) => {
    for (const member of members) {
      await scene.expectClosed(member, shop, 80);
      await expectNoneAnswered(hostAddresses.map(async (address) => await published(member, address)));
    }
  };
  const expectNotTheHost = async () => {
    await scene.expectClosed(host, shop, 80);
    await scene.expectClosed(host, shop, 123, 'udp');
    const own = ['127.0.0.1', '::1', ...hostAddresses, '172.30.1.1'];
    await expectNoneAnswered(own.map(async (address) => await published(host, address)));
  };

  beforeAll(async () => {
    scene = await Scene.start(proxy === undefined ? {} : { engineArgs: [`--userland-proxy=${proxy}`] });
    host = scene.theHost();
    await scene.host.network('theirs', subnets(8));
    await scene.apply(open);
    shop = await scene.member('shop', 'web', at(1, 20), { ports: ['8080:80', '5353:123/udp'] });
    neighbour = await scene.member('neighbour', 'web', at(1, 21));
    client = await scene.member('client', 'back', at(2, 20));
    theirs = await scene.member('theirs', 'theirs', at(8, 20));
    const seen = await Promise.all(
      hostAddresses.map(async (address) => await published(scene.peer, address)),
    );
    translated = scene.peer.addresses.filter((own) =>
      seen.some((said) => 'clientAddress' in said && said.clientAddress === own),
    );
  });

  afterAll(async () => await scene.host.stop());

  test('without it a published port is open to all the world, and to the host', async () => {
    expect(translated).toContain('10.9.0.2');
    for (const address of ['127.0.0.1', '10.9.0.1'])
      expect(await published(host, address)).toMatchObject({ by: 'shop' });
    expect(await published(scene.stranger, '10.9.0.1')).toMatchObject({
      by: 'shop',
      clientAddress: '10.9.0.3',
    });
  });

  test('closes it to everybody: outside, in other networks, on the host', async () => {
    await scene.apply(networks, [], ips);
    await expectNobody(scene.peer, scene.stranger, client, theirs);
    await scene.expectClosed(theirs, shop, 123, 'udp');
    expect(await scene.ask(scene.peer, '10.9.0.1', 5353, 'udp')).toEqual({ kind: 'timeout' });
    await expectNotTheHost();
  });

  test('leaves the network itself alone, and what its containers ask others for', async () => {
    await scene.expectOpen(neighbour, shop, 80);
    for (const proto of ['tcp', 'udp'] as const) {
      const port = proto === 'tcp' ? 80 : 123;
      await scene.expectOpen(shop, scene.peer, port, proto);
    }
    await scene.listen(host);
    await scene.expectOpen(shop, host, 81);
    expect(await scene.pings(shop, host)).toEqual([true, true]);
  });

  test('opens it to the sources that a policy names, by the port of the container, and to no others', async () => {
    const policies = [
      { from: ['10.9.0.2', 'fd09::2'], to: 'shop', port: 80 },
      { from: ['10.9.0.2'], to: 'shop', port: 123, proto: 'udp' },
    ];
    await scene.apply(networks, policies, ips);
    await scene.expectOpen(scene.peer, shop, 80);
    await scene.expectClosed(scene.peer, shop, 81);
    for (const [index, address] of hostAddresses.entries()) {
      const own = scene.peer.addresses[index] ?? '';
      const outcome = await published(scene.peer, address);
      // A client that a proxy hides is nobody that a policy could name.
      if (translated.includes(own)) expect(outcome).toMatchObject({ by: 'shop', clientAddress: own });
      else expect(isAnswered(outcome)).toBe(false);
    }
    expect(await scene.ask(scene.peer, '10.9.0.1', 5353, 'udp')).toMatchObject({ by: 'shop' });
    await expectNobody(scene.stranger, client, theirs);
    await expectNotTheHost();
  });

  test('opens it to another network of the file, and to one that is not in it', async () => {
    const policies = [
      { from: 'client', to: 'shop', port: 80 },
      { from: '172.30.8.0/24', to: 'shop', port: 80 },
    ];
    await scene.apply(networks, policies, ips);
    await scene.expectOpen(client, shop, 80);
    await scene.expectClosed(theirs, shop, 81);
    for (const member of [client, theirs]) {
      const outcome = await published(member, '10.9.0.1');
      // Docker translates nothing that comes from its own bridges, and leaves it to its proxy where there is one.
      if (proxy === true) expect(isAnswered(outcome)).toBe(false);
      else expect(outcome).toMatchObject({ by: 'shop' });
    }
    await expectNobody(scene.peer);
    await expectNotTheHost();
  });

  test('opens it to the host where a policy says host, and not to whom a proxy hides behind it', async () => {
    await scene.apply(networks, [{ from: 'host', to: 'shop', port: 80 }], ips);
    await scene.expectOpen(host, shop, 80);
    await scene.expectClosed(host, shop, 81);
    for (const address of ['127.0.0.1', '10.9.0.1', '172.30.1.1'])
      expect(await published(host, address)).toMatchObject({ by: 'shop' });
    await expectNobody(scene.peer, scene.stranger, client, theirs);
    if (proxy === true)
      await expectNoneAnswered(
        ['172.30.1.1', '10.9.0.1'].map(async (address) => await published(neighbour, address)),
      );
  });

  test('lets a DNAT of the file in', async () => {
    const dnat = { nat: 'dnat', iface: 'wg0', to: 'shop', port: 9000, to_port: 80 };
    await scene.apply(networks, [dnat], ips);
    for (const [index, address] of hostAddresses.entries()) {
      const clientAddress = scene.stranger.addresses[index];
      expect(await scene.ask(scene.stranger, address, 9000)).toMatchObject({ by: 'shop', clientAddress });
    }
    await expectNobody(scene.stranger, client, theirs);
    await expectNotTheHost();
  });
});
