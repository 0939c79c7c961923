import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Container } from '../host/container.ts';
import type { HostProcess } from '../host/host-process.ts';
import type { Place } from '../host/inside.ts';
import { startHost, type ThrowawayHost } from '../host/throwaway-host.ts';
import { until, untilQuiet } from './daemon-scene.ts';

const inPlace = {
  routes: [
    { to: 'default', dev: 'wg0', table: 200 },
    { to: '10.77.0.0/16', via: '10.9.0.1', dev: 'wg0' },
    { to: '10.78.0.0/16', via: '10.8.0.1' },
  ],
  rules: [{ fwmark: 2, table: 200 }],
  sysctls: { 'net.ipv4.conf.wg0.rp_filter': 2, 'net.ipv4.conf.wg0.src_valid_mark': 1 },
};
const routing = [
  { in: 'host', ...inPlace },
  { in: 'app', ...inPlace },
];

describe('routing through an interface that comes and goes', () => {
  let host: ThrowawayHost;
  let app: Container;
  let daemon: HostProcess;
  let pristine: readonly (readonly string[])[];

  const at = (place: Place) => (place === host ? {} : { in: place });
  const make = async (place: Place, name: string, address: string) =>
    await host.sh(
      `ip link add ${name} type veth peer name ${name}-far; ip link set ${name}-far up
       ip address add ${address}/24 dev ${name}; ip link set ${name} up`,
      at(place),
    );
  const shown = async (place: Place) => {
    const printed = await host.sh(
      `ip route show table 200; ip route show proto 78; ip rule show | grep 200 | cut -f 2
       cat /proc/sys/net/ipv4/conf/wg0/rp_filter /proc/sys/net/ipv4/conf/wg0/src_valid_mark || true`,
      at(place),
    );
    return printed.replaceAll(/ +$/gm, '');
  };
  const whole = async (place: Place) => (await shown(place)) === expected;
  const expected = `default dev wg0 proto 78 scope link
10.77.0.0/16 via 10.9.0.1 dev wg0
10.78.0.0/16 via 10.8.0.1 dev wan0
from all fwmark 0x2 lookup 200 proto 78
2
1
`;
  /** In no order, which is that in which interfaces were made, and without what the kernel gives them by chance. */
  const saved = async (place: Place) => {
    const parts = Object.entries(await host.save(place === host ? undefined : place));
    const lines = parts.flatMap(([name, part]) => (name === 'addresses' ? [] : part.split('\n')));
    return lines.filter((line) => !/fe80::.* dev w/.test(line)).toSorted();
  };

  beforeAll(async () => {
    host = await startHost();
    await host.network('front', { subnet: '172.30.1.0/24' });
    app = await host.container('app', { networks: ['front'] });
    for (const place of [host, app]) {
      await make(place, 'wan0', '10.8.0.2');
      await make(place, 'wg0', '10.9.0.2');
    }
    pristine = [await saved(host), await saved(app)];
    await start();
  });
  afterAll(async () => await host.stop());

  const start = async () => {
    const file = host.write('networks.json', { routing });
    daemon = await host.startNetwright(['watch'], { file, env: { LOG_FORMAT: 'json', DEBUG: '1' } });
    await daemon.waitForLine(/"message":"pass".*"changes":[1-9]/, 20_000);
    for (const place of [host, app]) expect(await shown(place)).toBe(expected);
    await untilQuiet(daemon);
  };
  const destroy = async () =>
    expect(await host.netwright(['destroy'])).toMatchObject({ exitCode: 0, stderr: '' });

  const places: readonly (readonly [string, () => Place])[] = [
    ['on the host', () => host],
    ['in a container', () => app],
  ];

  test.each(places)('is there again, %s, once it is made again', async (where, place) => {
    for (const pause of [true, false]) {
      await host.sh('ip link delete wg0', at(place()));
      if (pause) await untilQuiet(daemon);
      await make(place(), 'wg0', '10.9.0.2');
      const what = `wg0 ${where} ${pause ? 'made again' : 'deleted and made again'} → route and sysctl`;
      await until(what, 10_000, async () => await whole(place()));
    }
    await untilQuiet(daemon);
  });

  test.each(places)(
    'is there again, %s, once it is up again, and meanwhile it is waited for',
    async (where, place) => {
      await host.sh('ip link set wg0 down', at(place()));
      await daemon.waitForLine(/wg0 is down/, 30_000);
      await untilQuiet(daemon);
      expect(await host.sh('ip route show table 200', at(place()))).toBe('');
      const failures = daemon.lines.filter((line) => /"level":"error"|Device for nexthop/.test(line));
      expect(failures).toEqual([]);
      await host.sh('ip link set wg0 up', at(place()));
      await until(`wg0 ${where} up → route`, 10_000, async () => await whole(place()));
      await untilQuiet(daemon);
    },
  );

  test.each(places)(
    'leads to its next hop, %s, though the kernel once looked for that elsewhere',
    async (where, place) => {
      await host.sh('ip route add default dev wg0 metric 7', at(place()));
      await host.sh('ip link delete wan0', at(place()));
      await until('a route astray', 10_000, async () =>
        /10\.78\.0\.0\/16 .*dev wg0/.test(await shown(place())),
      );
      await make(place(), 'wan0', '10.8.0.2');
      await until(`wan0 ${where} made again → route`, 10_000, async () => await whole(place()));
      await host.sh('ip route delete default dev wg0', at(place()));
      await untilQuiet(daemon);
    },
  );

  test.each(places)('is undone, %s, to what the new interface was made with', async (_, place) => {
    const defaultTo = async (value: number) =>
      await host.sh(`echo ${value} >/proc/sys/net/ipv4/conf/default/rp_filter`, at(place()));
    const usual = await host.sh('cat /proc/sys/net/ipv4/conf/default/rp_filter', at(place()));
    await host.sh('ip link delete wg0', at(place()));
    await defaultTo(1);
    await make(place(), 'wg0', '10.9.0.2');
    await until('wg0 made again', 10_000, async () => await whole(place()));
    await untilQuiet(daemon);
    await daemon.kill('SIGTERM');
    await destroy();
    expect(await host.sh('cat /proc/sys/net/ipv4/conf/wg0/rp_filter', at(place()))).toBe('1\n');
    await defaultTo(Number(usual));
    await host.sh('ip link delete wg0', at(place()));
    await make(place(), 'wg0', '10.9.0.2');
    await start();
  });

  test('leaves nothing when all is given up', async () => {
    await daemon.kill('SIGTERM');
    await destroy();
    expect([await saved(host), await saved(app)]).toEqual(pristine);
  });
});
