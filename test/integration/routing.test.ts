import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Container } from '../host/container.ts';
import type { Place } from '../host/inside.ts';
import { startHost, type ThrowawayHost } from '../host/throwaway-host.ts';

const sysctl = 'net.ipv4.conf.wg0.rp_filter';
const onHost = {
  in: 'host',
  routes: [
    { to: '10.77.0.0/16', via: '10.9.0.2' },
    { to: 'default', via: '10.8.0.2', table: 200 },
    { to: '10.78.0.0/16', type: 'blackhole', metric: 50 },
    { to: 'fd77::/32', via: 'fd09::2', dev: 'wg0' },
  ],
  rules: [
    { fwmark: '0x2/0xff', table: 200, priority: 900 },
    { from: 'fd66::/32', table: 200 },
  ],
  sysctls: { [sysctl]: 2 },
};
const inApp = {
  in: 'app',
  routes: [{ to: '10.77.0.0/16', via: '172.30.1.1' }],
  rules: [{ to: '10.79.0.0/16', table: 300 }],
  sysctls: { 'net.ipv4.ip_forward': 1, 'net.ipv4.conf.all.arp_ignore': 1 },
};

describe('routing', () => {
  let host: ThrowawayHost;
  let app: Container;

  const run = async (command: 'plan' | 'apply', routing: readonly object[]) =>
    await host.netwright([command], {
      file: {
        ips: { '172.30.1.20': { container_name: 'app' } },
        networks: { front: { subnet: '172.30.1.0/24' } },
        routing,
      },
    });
  const expectDone = async (routing: readonly object[]) => {
    expect(await run('apply', routing)).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await run('plan', routing)).toMatchObject({ exitCode: 0, stdout: 'No changes.\n', stderr: '' });
  };
  const shown = async (words: string, place?: Place) =>
    (await host.sh(`ip ${words}`, place === undefined ? {} : { in: place })).replaceAll(/ +$/gm, '');
  const sysctlIn = async (key: string, place?: Place) =>
    (
      await host.sh(`cat /proc/sys/${key.replaceAll('.', '/')}`, place === undefined ? {} : { in: place })
    ).trim();
  /** By one process of the namespace: /proc/sys shows what is its opener's. */
  const setSysctl = async (key: string, value: number, place?: Place) =>
    await host.sh(
      `echo ${value} > /proc/sys/${key.replaceAll('.', '/')}`,
      place === undefined ? {} : { in: place },
    );

  beforeAll(async () => {
    host = await startHost();
    await host.network('front', { subnet: '172.30.1.0/24' });
    app = await host.container('app', { networks: { front: { ipv4: '172.30.1.20' } } });
    await host.outside('wg0', ['10.9.0.1/24', 'fd09::1/64'], ['10.9.0.2/24', 'fd09::2/64']);
  });

  afterAll(async () => await host.stop());

  test('is made on the host and in a container, healed, and put back to what it was', async () => {
    await host.outside('lan', '10.8.0.1/24', '10.8.0.2/24');
    // What the network itself asks for: bridges of Podman 4 have sysctls of ours.
    await expectDone([]);
    const before = [await host.save(), await host.save(app)];
    expect([await sysctlIn(sysctl), await sysctlIn('net.ipv4.ip_forward', app)]).toEqual(['0', '0']);
    await expectDone([onHost, inApp]);
    const isMade = async () => {
      expect(await shown('route show proto 78')).toBe(
        '10.77.0.0/16 via 10.9.0.2 dev wg0\nblackhole 10.78.0.0/16 metric 50\n',
      );
      expect(await shown('route show table 200')).toBe('default via 10.8.0.2 dev lan proto 78\n');
      expect(await shown('-6 route show proto 78')).toMatch(/^fd77::\/32 via fd09::2 dev wg0 metric 1024/);
      expect(await shown('rule')).toContain('900:\tfrom all fwmark 0x2/0xff lookup 200 proto 78\n');
      expect(await shown('-6 rule')).toMatch(/from fd66::\/32 lookup 200 proto 78/);
      expect(await shown('route show proto 78', app)).toBe('10.77.0.0/16 via 172.30.1.1 dev eth0\n');
      expect(await shown('rule', app)).toMatch(/from all to 10\.79\.0\.0\/16 lookup 300 proto 78/);
      const values = [await sysctlIn(sysctl), await sysctlIn('net.ipv4.ip_forward', app)];
      expect([...values, await sysctlIn('net.ipv4.conf.all.arp_ignore', app)]).toEqual(['2', '1', '1']);
    };
    await isMade();

    for (const place of [undefined, app]) {
      const at = place === undefined ? {} : { in: place };
      await host.sh(
        'ip route flush proto 78; ip -6 route flush proto 78; ip route flush table 200 || true',
        at,
      );
      await host.sh('ip rule del table 200 || ip rule del table 300; ip -6 rule del table 200 || true', at);
    }
    for (const what of [
      'route show table all proto 78',
      '-6 route show table all proto 78',
      'rule',
      '-6 rule',
    ])
      for (const place of [undefined, app]) expect(await shown(what, place)).not.toMatch(/10\.77|proto 78/);
    await setSysctl(sysctl, 1);
    await setSysctl('net.ipv4.ip_forward', 0, app);
    expect(await run('plan', [onHost, inApp])).toMatchObject({ exitCode: 2 });
    await expectDone([onHost, inApp]);
    await isMade();

    await expectDone([]);
    expect([await host.save(), await host.save(app)]).toEqual(before);
  });

  test('leaves what others have made alone, though it looks alike', async () => {
    await host.sh('ip route add 10.99.0.0/16 via 10.9.0.2; ip rule add fwmark 9 table 200 priority 50');
    const before = await host.save();
    await expectDone([
      { routes: [{ to: '10.98.0.0/16', via: '10.9.0.2' }], rules: [{ fwmark: 9, table: 200 }] },
    ]);
    await expectDone([]);
    expect(await host.save()).toEqual(before);
  });

  test('through an interface that is not there yet waits for it, and the rest is done', async () => {
    const routing = [
      {
        routes: [
          { to: '10.50.0.0/16', dev: 'tun9' },
          { to: '10.51.0.0/16', via: '10.9.0.2' },
        ],
        sysctls: { 'net.ipv4.conf.tun9.rp_filter': 2 },
      },
    ];
    const applied = await run('apply', routing);
    expect(applied).toMatchObject({ exitCode: 0, stderr: '' });
    expect(applied.stdout).toMatch(/waiting\n.*10\.50\.0\.0\/16.*no interface tun9 yet/s);
    expect(await shown('route show proto 78')).toBe('10.51.0.0/16 via 10.9.0.2 dev wg0\n');
    await host.outside('tun9', '10.50.255.1/30', '10.50.255.2/30');
    await expectDone(routing);
    expect(await shown('route show 10.50.0.0/16')).toContain('dev tun9 proto 78');
    expect(await sysctlIn('net.ipv4.conf.tun9.rp_filter')).toBe('2');
    await host.sh('ip link del tun9');
    expect(await run('apply', [])).toMatchObject({ exitCode: 0, stderr: '' });
  });

  test('goes with the network that it led through, and nothing is reported as failed', async () => {
    const file = {
      networks: { passing: { subnet: '172.30.7.0/24' } },
      ips: { '172.30.7.20': { container_name: 'app' } },
      routing: [
        {
          in: 'app',
          routes: [{ to: '10.66.0.0/16', via: '172.30.7.1' }],
          rules: [{ to: '10.66.0.0/16', table: 254 }],
          sysctls: { 'net.ipv4.conf.eth1.rp_filter': 2 },
        },
      ],
    };
    const before = await host.save(app);
    expect(await host.netwright(['apply'], { file })).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await shown('route show proto 78', app)).toContain('10.66.0.0/16 via 172.30.7.1 dev eth1');
    const removed = await host.netwright(['apply'], { file: {} });
    expect(removed).toMatchObject({ exitCode: 0, stderr: '' });
    expect(removed.stdout).not.toMatch(/failed|✗/);
    expect(await host.save(app)).toEqual(before);
  });

  test('by a mark leads a packet another way', async () => {
    // One address behind two interfaces: which one answers says which way a packet went.
    for (const [ifname, subnet] of [
      ['left', '10.11.0'],
      ['right', '10.12.0'],
    ] as const) {
      const peer = await host.outside(ifname, `${subnet}.1/24`, `${subnet}.2/24`);
      await host.sh('ip address add 192.0.2.1/32 dev lo', { in: peer });
      await host.listen(peer, { port: 80 });
    }
    await host.sh(
      'ip route add 192.0.2.1 via 10.11.0.2; iptables -t mangle -A PREROUTING -s 172.30.1.20 -j MARK --set-mark 5',
    );
    const ask = async () => await host.connect(app, { address: '192.0.2.1', port: 80 });
    expect(await ask()).toMatchObject({ by: 'beyond-left' });
    const routing = [
      {
        routes: [{ to: 'default', via: '10.12.0.2', table: 205 }],
        rules: [{ fwmark: 5, table: 205, priority: 500 }],
        sysctls: { 'net.ipv4.conf.right.rp_filter': 2 },
      },
    ];
    await expectDone(routing);
    expect(await ask()).toMatchObject({ by: 'beyond-right' });
    expect(await host.connect(host, { address: '192.0.2.1', port: 80 })).toMatchObject({ by: 'beyond-left' });
    await expectDone([]);
    expect(await ask()).toMatchObject({ by: 'beyond-left' });
  });
});
