import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Container } from '../host/container.ts';
import type { Place } from '../host/inside.ts';
import type { Outside } from '../host/outside.ts';
import { startHost, type ThrowawayHost } from '../host/throwaway-host.ts';

const networks = {
  front: { subnet: ['172.30.1.0/24', 'fd30:1::/64'] },
  back: { subnet: ['172.30.2.0/24', 'fd30:2::/64'] },
};
const ips = {
  '172.30.1.20': { container_name: 'app' },
  'fd30:1::20': { container_name: 'app' },
  '172.30.2.10': { container_name: 'db' },
  'fd30:2::10': { container_name: 'db' },
  'fd30:1::2': { container_name: 'later' },
  'fd30:2::11': { container_name: 'db2', service_name: 'only-6' },
};

describe('over IPv6', () => {
  let host: ThrowawayHost;
  let app: Container;
  let guest: Container;
  let db: Container;
  let db2: Container;
  let peer: Outside;

  const apply = async (policies: readonly object[]) => {
    const file = { networks, ips, policies };
    expect(await host.netwright(['apply'], { file })).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await host.netwright(['plan'], { file })).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^No changes\./) as string,
    });
  };
  const ask = async (from: Place, address: string, port = 80, proto: 'tcp' | 'udp' = 'tcp') =>
    await host.connect(from, { address, port, proto });

  beforeAll(async () => {
    host = await startHost();
    [app, db, db2] = (await Promise.all(
      ['app', 'db', 'db2'].map(async (name) => await host.container(name, { networks: ['bridge'] })),
    )) as [Container, Container, Container];
    peer = await host.outside('wg0', ['10.9.0.1/24', 'fd09::1/64'], ['10.9.0.2/24', 'fd09::2/64']);
    await apply([{ from: 'front', to: 'back', port: 80 }]);
    guest = await host.container('guest', { networks: ['front'] });
    for (const port of [80, 81, 82, 8080]) await host.listen(db, { port, reply: `db ${port}` });
    await host.listen(db, { port: 53, proto: 'udp' });
    await host.listen(db2, { port: 80 });
  });

  afterAll(async () => await host.stop());

  test('a container has its declared addresses, of both families or of one, and keeps them over a restart', async () => {
    expect(await app.address('front', 'ipv6')).toBe('fd30:1::20');
    expect(await app.address('front')).toBe('172.30.1.20');
    expect(await db2.address('back', 'ipv6')).toBe('fd30:2::11');
    expect(await ask(app, 'fd30:2::10')).toMatchObject({ by: 'db 80' });
    await app.restart();
    expect(await app.address('front', 'ipv6')).toBe('fd30:1::20');
  });

  test('the engine hands out none of the declared addresses', async () => {
    // Without a range of its own it would begin with the first free one.
    expect(await guest.address('front', 'ipv6')).not.toBe('fd30:1::2');
    expect(await ask(guest, 'fd30:2::10')).toMatchObject({ by: 'db 80' });
  });

  test('a policy drops, rejects at once, and leaves others alone', async () => {
    await apply([
      { from: 'app', to: 'db', port: 80, action: 'drop' },
      { from: 'app', to: 'db', port: 81, action: 'reject' },
      { from: 'app', to: 'db', port: 53, proto: 'udp', action: 'reject' },
      { from: 'front', to: 'back', port: '80-82' },
      { from: 'front', to: 'back', port: 53, proto: 'udp' },
    ]);
    expect(await ask(app, 'fd30:2::10', 80)).toEqual({ kind: 'timeout' });
    expect(await ask(app, 'fd30:2::10', 81)).toEqual({ kind: 'refused' });
    expect(await ask(app, 'fd30:2::10', 53, 'udp')).toEqual({ kind: 'refused' });
    expect(await ask(app, 'fd30:2::10', 82)).toMatchObject({ by: 'db 82' });
    expect(await ask(guest, 'fd30:2::10', 80)).toMatchObject({ by: 'db 80' });
    expect(await ask(guest, 'fd30:2::10', 53, 'udp')).toMatchObject({ by: 'db' });
  });

  test('a policy lets through what the host otherwise drops', async () => {
    await host.sh('ip6tables -P FORWARD DROP');
    await apply([]);
    expect(await ask(app, 'fd30:2::10')).toEqual({ kind: 'timeout' });
    expect(await ask(host, 'fd30:2::10')).toMatchObject({ by: 'db 80' });
    await apply([
      { from: 'app', to: 'db', port: 80 },
      { from: 'fd30:1::/64', to: 'db', port: 81 },
      { from: 'front', to: 'only-6', port: 80 },
    ]);
    expect(await ask(app, 'fd30:2::10')).toMatchObject({ by: 'db 80' });
    expect(await ask(app, '172.30.2.10')).toMatchObject({ by: 'db 80' });
    expect(await ask(guest, 'fd30:2::10', 81)).toMatchObject({ by: 'db 81' });
    expect(await ask(guest, 'fd30:2::11')).toMatchObject({ by: 'db2' });
    expect(await ask(guest, 'fd30:2::10')).toEqual({ kind: 'timeout' });
    expect(await ask(guest, '172.30.2.10', 81)).toEqual({ kind: 'timeout' });
  });

  test('a DNAT leads both families to the target, or the one that it speaks of', async () => {
    await host.sh('ip6tables -P FORWARD DROP');
    await apply([
      { nat: 'dnat', iface: 'wg0', to: 'db', port: 80 },
      { nat: 'dnat', iface: 'wg0', to: 'fd30:2::10', port: 443, to_port: 8080 },
      { nat: 'dnat', iface: 'wg0', to: 'db', port: 81, masquerade: true },
    ]);
    expect(await ask(peer, 'fd09::1')).toMatchObject({ by: 'db 80', clientAddress: 'fd09::2' });
    expect(await ask(peer, '10.9.0.1')).toMatchObject({ by: 'db 80', clientAddress: '10.9.0.2' });
    expect(await ask(peer, 'fd09::1', 443)).toMatchObject({ by: 'db 8080' });
    expect(await ask(peer, '10.9.0.1', 443)).toEqual({ kind: 'refused' });
    expect(await ask(peer, 'fd09::1', 81)).toMatchObject({ by: 'db 81', clientAddress: 'fd30:2::1' });
    expect(await ask(peer, 'fd30:2::10')).toEqual({ kind: 'timeout' });
  });

  test('a DNAT inside a container is reached on its IPv6 address', async () => {
    // With br_netfilter the policy DROP is for what a bridge carries within one network, too.
    await host.sh('ip6tables -P FORWARD ACCEPT');
    expect(await ask(guest, 'fd30:1::20')).toEqual({ kind: 'refused' });
    await apply([{ nat: 'dnat', selector: 'app', to: 'db', port: 80 }]);
    // Newer engines masquerade, on the host, what leaves a network over IPv6 too.
    const clientAddress: unknown = expect.stringMatching(/^fd30:(1::20|2::1)$/);
    expect(await ask(guest, 'fd30:1::20')).toMatchObject({ by: 'db 80', clientAddress });
    expect(await ask(guest, 'fd30:1::20', 81)).toEqual({ kind: 'refused' });
    await apply([]);
    expect(await ask(guest, 'fd30:1::20')).toEqual({ kind: 'refused' });
  });
});

test('IPv6 forwarding is turned on for what speaks of IPv6, and for nothing else', async () => {
  const host = await startHost();
  try {
    const forwardingWith = async (file: object) => {
      expect(await host.netwright(['apply'], { file })).toMatchObject({ exitCode: 0, stderr: '' });
      return (await host.sh('cat /proc/sys/net/ipv6/conf/all/forwarding')).trim();
    };
    const anything = [
      { nat: 'masquerade', iface: 'wg0' },
      { from: 'any', to: 'any', port: 80 },
      { from: 'fd30:1::/64', to: 'any', action: 'drop' },
    ];
    expect(await forwardingWith({ policies: anything })).toBe('0');
    expect(await forwardingWith({ policies: [...anything, { from: 'fd30:1::/64', to: 'any' }] })).toBe('1');
    expect(await forwardingWith({ policies: anything })).toBe('0');
    expect(await forwardingWith({ networks: { six: { subnet: 'fd30:1::/64' } } })).toBe('1');
    expect(await forwardingWith({})).toBe('0');
  } finally {
    await host.stop();
  }
});
