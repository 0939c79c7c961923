import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Status } from '../../src/model/status.ts';
import type { Container } from '../host/container.ts';
import { startHost, type ThrowawayHost } from '../host/throwaway-host.ts';

const file = {
  networks: {
    apps: { subnet: ['172.31.1.0/24', 'fd31:1::/64'] },
    back: { subnet: ['172.31.2.0/24', 'fd31:2::/64'] },
  },
  ips: {
    app: { ip: '172.31.1.10', container_name: 'app' },
    app6: { ip: 'fd31:1::10', container_name: 'app' },
    db: { ip: '172.31.2.10', container_name: 'db' },
    db6: { ip: 'fd31:2::10', container_name: 'db' },
  },
  policies: [
    { from: 'app', to: 'db', port: [53, 54], proto: 'udp' },
    { from: 'app', to: 'db', proto: 'icmp' },
    { from: 'app', to: 'db', port: 99, proto: 'udp', action: 'drop' },
  ],
  // Podman gives a container in two networks two default routes, and the kernel takes now this, now that one.
  routing: [{ in: 'app', routes: [{ to: '172.31.2.0/24', via: '172.31.1.1' }] }],
};
const [named, pinged, dropped] = [
  'allow app → db udp/53,54',
  'allow app → db icmp',
  'drop app → db udp/99',
] as const;

describe('what a policy has let pass', () => {
  let host: ThrowawayHost;
  let app: Container;
  const path = () => host.write('networks.json', file);

  beforeAll(async () => {
    host = await startHost();
    app = await host.container('app');
    const db = await host.container('db');
    for (const port of [53, 54]) await host.listen(db, { port, proto: 'udp' });
  });
  afterAll(() => host.stop());

  const counted = async (text: string) => {
    const { stdout } = await host.netwright(['status', '--json'], { file: path() });
    const line = (JSON.parse(stdout) as Status).inForce.find((each) => each.text === text);
    expect(line, stdout).toBeDefined();
    return { packets: line?.packets ?? -1, bytes: line?.bytes ?? -1 };
  };
  /** Datagrams of five bytes. */
  const send = async (to: string, count: number) =>
    await host.exec(['bash', '-c', `for i in $(seq ${count}); do echo data > /dev/udp/${to}; done`], {
      in: app,
    });
  const ping = async (to: string, count: number) =>
    await host.sh(`busybox ping -c ${count} -i 0.05 -W 1 ${to} >&2`, { in: app });

  const grows = async () => {
    const icmp = await counted(pinged);
    await ping('172.31.2.10', 6);
    expect((await counted(pinged)).packets).toBe(icmp.packets + 6);

    const [udp, lost] = [await counted(named), await counted(dropped)];
    await send('172.31.2.10/53', 4);
    await send('172.31.2.10/54', 3);
    await send('fd31:2::10/53', 2);
    await send('172.31.2.10/99', 5);
    expect(await counted(named)).toEqual({ packets: udp.packets + 9, bytes: udp.bytes + 7 * 33 + 2 * 53 });
    expect(await counted(dropped)).toEqual({ packets: lost.packets + 5, bytes: lost.bytes + 5 * 33 });
  };

  test('grows by what was sent, and not by the answers', async () => {
    expect(await host.netwright(['apply'], { file })).toMatchObject({ exitCode: 0 });
    await grows();
  });

  test('is told by the daemon as it is when it is asked', async () => {
    const daemon = await host.startNetwright(['watch'], { file: path(), env: { DEBUG: '1' } });
    await daemon.waitForLine(/ pass /, 20_000);
    await grows();
    expect(await daemon.kill('SIGTERM')).toBe(0);
  });

  test('outlives changes of other policies', async () => {
    const before = await counted(named);
    const policies = [...file.policies, { from: 'app', to: 'db', port: 1000 }];
    expect(await host.netwright(['apply'], { file: { ...file, policies } })).toMatchObject({ exitCode: 0 });
    expect(await counted(named)).toEqual(before);
  });

  test('is printed for people', async () => {
    const { stdout } = await host.netwright(['status'], { file: path() });
    expect(stdout).toMatch(/✓ allow app → db udp\/53,54 +18 packets, 674 B +networks\.json:/);
  });
});
