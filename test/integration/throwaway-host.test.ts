import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Container } from '../host/container.ts';
import { startHost, type ThrowawayHost } from '../host/throwaway-host.ts';

describe('packets on a throwaway host', () => {
  let host: ThrowawayHost;
  let web: Container;
  let app: Container;
  let db: Container;

  beforeAll(async () => {
    host = await startHost({ engine: 'docker', engineArgs: ['--userland-proxy=false'] });
    await host.network('front', { subnet: ['172.30.1.0/24', 'fd30:1::/64'] });
    await host.network('back', { subnet: '172.30.2.0/24' });
    web = await host.container('web', {
      networks: { front: { ipv4: '172.30.1.10', ipv6: 'fd30:1::10' } },
      ports: ['8080:80'],
    });
    app = await host.container('app', { networks: { front: { ipv4: '172.30.1.20', ipv6: 'fd30:1::20' } } });
    db = await host.container('db', { networks: { back: { ipv4: '172.30.2.10' } } });
    await Promise.all([
      host.listen(web, { port: 80 }),
      host.listen(web, { port: 53, proto: 'udp' }),
      host.listen(db, { port: 5432 }),
      host.listen(db, { port: 53, proto: 'udp' }),
    ]);
  });

  afterAll(async () => await host.stop());

  test.each(['172.30.1.10', 'fd30:1::10'])(
    'pass between two containers of one network, to %s',
    async (address) => {
      const client = address.includes(':') ? 'fd30:1::20' : '172.30.1.20';
      const answer = { kind: 'answered', by: 'web', clientAddress: client };
      expect(await host.connect(app, { address, port: 80 })).toMatchObject({ ...answer, proto: 'tcp' });
      expect(await host.connect(app, { address, port: 53, proto: 'udp' })).toMatchObject({
        ...answer,
        proto: 'udp',
      });
    },
  );

  test('are dropped between two networks, until a rule accepts them', async () => {
    const tcp = { address: '172.30.2.10', port: 5432 };
    const udp = { address: '172.30.2.10', port: 53, proto: 'udp' } as const;
    expect(await host.connect(app, tcp)).toEqual({ kind: 'timeout' });
    expect(await host.connect(app, udp)).toEqual({ kind: 'timeout' });

    await host.sh('iptables -I DOCKER-USER -s 172.30.1.20 -d 172.30.2.10 -j ACCEPT');
    await host.sh('iptables -I DOCKER-USER -d 172.30.1.20 -s 172.30.2.10 -j ACCEPT');
    // Docker masquerades whatever leaves a network by another interface, so db sees its own network's gateway.
    const answer = { kind: 'answered', by: 'db', clientAddress: '172.30.2.1' };
    expect(await host.connect(app, tcp)).toMatchObject(answer);
    expect(await host.connect(app, udp)).toMatchObject(answer);
    await host.sh('iptables -D DOCKER-USER 1; iptables -D DOCKER-USER 1');
  });

  test('are refused where nobody listens, and unreachable where a rule says so', async () => {
    for (const proto of ['tcp', 'udp'] as const)
      for (const address of ['172.30.1.10', 'fd30:1::10'])
        expect(await host.connect(app, { address, port: 999, proto })).toEqual({ kind: 'refused' });

    await host.sh('iptables -I FORWARD -p tcp --dport 9999 -j REJECT --reject-with icmp-host-prohibited');
    const outcome = await host.connect(app, { address: '172.30.2.10', port: 9999 });
    expect(outcome).toEqual({ kind: 'unreachable', code: 'EHOSTUNREACH' });
    await host.sh('iptables -D FORWARD 1');
  });

  test('from outside reach a published port with their own address, and the host by IPv4 and IPv6', async () => {
    const peer = await host.outside('wg0', ['10.9.0.1/24', 'fd09::1/64'], ['10.9.0.2/24', 'fd09::2/64']);
    await host.listen(host, { port: 22 });
    const answers = [
      await host.connect(peer, { address: '10.9.0.1', port: 8080, localPort: 40001 }),
      await host.connect(peer, { address: '10.9.0.1', port: 22 }),
      await host.connect(peer, { address: 'fd09::1', port: 22 }),
    ];
    expect(answers).toMatchObject([
      { by: 'web', clientAddress: '10.9.0.2', clientPort: 40001 },
      { by: 'host', clientAddress: '10.9.0.2' },
      { by: 'host', clientAddress: 'fd09::2' },
    ]);
    await host.listen(peer, { port: 443 });
    expect(await host.connect(app, { address: '10.9.0.2', port: 443 })).toMatchObject({
      clientAddress: '10.9.0.1',
    });
  });

  test('of an open connection are seen to stop, and to go on', async () => {
    const connection = await host.open(app, { address: '172.30.1.10', port: 80 });
    expect(await connection.ping()).toEqual({ kind: 'echoed' });
    await host.sh('iptables -I INPUT -p tcp --dport 80 -j DROP', { in: web });
    expect(await connection.ping(300)).toEqual({ kind: 'timeout' });
    await host.sh('iptables -D INPUT 1', { in: web });
    expect(await connection.ping(2000)).toEqual({ kind: 'echoed' });
    await connection.close();
    expect(await connection.ping()).toMatchObject({ kind: 'closed' });
  });

  test('that were never sent are an error, not an outcome', async () => {
    const somewhere = { address: '172.30.1.10', port: 80 };
    await expect(host.connect(app, { address: 'no.such.name.invalid', port: 80 })).rejects.toThrow(
      'probe in app',
    );
    await expect(host.connect(app, { ...somewhere, localAddress: '192.0.2.9' })).rejects.toThrow(
      'EADDRNOTAVAIL',
    );
    const nowhere = { name: 'nowhere', netns: () => Promise.resolve('/run/netns/nowhere') };
    await expect(host.connect(nowhere, somewhere)).rejects.toThrow('nowhere has no network namespace');

    const dying = host.connect(db, { ...somewhere, timeoutMs: 5000 });
    const rejected = expect(dying).rejects.toThrow('the probe in db failed: ended');
    await host.sh(`sleep 0.1; for process in /proc/[0-9]*; do
      if tr '\\0' ' ' <$process/cmdline | grep -q 'probe.mjs db $'; then kill -9 \${process#/proc/}; fi
    done`);
    await rejected;
  });

  test('come again from a restarted container', async () => {
    await app.restart();
    expect(await host.connect(app, { address: '172.30.1.10', port: 80 })).toMatchObject({ kind: 'answered' });
  });

  test('and everything else about the network can be compared with what it was', async () => {
    const before = await host.save();
    const inWeb = await host.save(web);
    await host.connect(app, { address: '172.30.1.10', port: 80 });
    expect(await host.save()).toEqual(before);

    await host.sh(
      'ip6tables -A FORWARD -j ACCEPT; ip rule add fwmark 7 table 200; ip route add 192.0.2.0/24 via 10.9.0.2 table 200',
    );
    await host.sh(
      'ipset create foreign hash:ip; sysctl=/proc/sys/net/ipv4/conf/wg0/rp_filter; echo 2 >$sysctl',
    );
    await host.sh('iptables -t nat -A OUTPUT -d 192.0.2.1 -j ACCEPT', { in: web });
    const after = await host.save();
    const changed = Object.keys(after).filter((part) => after[part] !== before[part]);
    expect(changed.sort()).toEqual(['ip6tables', 'ipset', 'nft', 'routes', 'rules', 'sysctls']);
    expect(await host.save(web)).not.toEqual(inWeb);
  });
});
