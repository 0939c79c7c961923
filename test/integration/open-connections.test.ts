import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Container } from '../host/container.ts';
import type { Place } from '../host/inside.ts';
import { startHost, type ThrowawayHost } from '../host/throwaway-host.ts';

const networks = {
  front: { subnet: ['172.30.1.0/24', 'fd30:1::/64'] },
  back: { subnet: ['172.30.2.0/24', 'fd30:2::/64'] },
};
const ips = {
  app4: { ip: '172.30.1.20', container_name: 'app' },
  app6: { ip: 'fd30:1::20', container_name: 'app' },
  spare4: { ip: '172.30.1.21', container_name: 'spare' },
  spare6: { ip: 'fd30:1::21', container_name: 'spare' },
  vpn4: { ip: '172.30.1.30', container_name: 'vpn' },
  vpn6: { ip: 'fd30:1::30', container_name: 'vpn' },
  db4: { ip: '172.30.2.10', container_name: 'db' },
  db6: { ip: 'fd30:2::10', container_name: 'db' },
  copy4: { ip: '172.30.2.11', container_name: 'copy' },
  copy6: { ip: 'fd30:2::11', container_name: 'copy' },
};

const policies = {
  store: { from: 'app', to: 'db', port: 5432 },
  ports: { from: 'app', to: 'db', port: '7000-7001' },
  subnet: { from: 'front', to: 'db', port: 6379 },
  names: { from: 'app', to: 'db', port: 53, proto: 'udp' },
  fromOutside: { nat: 'dnat', iface: 'lan0', to: 'db', port: 8080, to_port: 5432 },
  namesFromOutside: { nat: 'dnat', iface: 'lan0', to: 'db', port: 5353, to_port: 53, proto: 'udp' },
  inside: { nat: 'dnat', selector: 'vpn', to: 'db', port: 80, to_port: 5432 },
} as const;
type Policies = Readonly<Record<string, object>>;

const without = (name: keyof typeof policies): Policies =>
  Object.fromEntries(Object.entries(policies).filter(([key]) => key !== name));

/** Something that was open, asked whether it still is: `open`, or how it is not. */
type Probe = () => Promise<string>;

describe('an open connection', () => {
  let host: ThrowawayHost;
  let app: Container;
  let probes: ReadonlyMap<string, Probe>;
  let close: () => Promise<void>;
  let clientPort = 20_000;

  const apply = async (wanted: Policies, env = {}): Promise<string> => {
    const file = { networks, ips, policies: Object.values(wanted) };
    const applied = await host.netwright(['apply'], { file, env });
    expect(applied).toMatchObject({ exitCode: 0, stderr: '' });
    return applied.stdout;
  };
  const plan = async (wanted: Policies): Promise<string> =>
    (await host.netwright(['plan'], { file: { networks, ips, policies: Object.values(wanted) } })).stdout;
  /** The names of those that no longer answer. */
  const dead = async (): Promise<readonly string[]> => {
    const found = await Promise.all([...probes].map(async ([name, probe]) => [name, await probe()] as const));
    return found.flatMap(([name, state]) => (state === 'open' ? [] : [name])).sort();
  };

  /** How many connections the host's kernel knows from the container to this port of `db`: those whose answers still pass. */
  const tracked = async (container: string, port: number): Promise<number> => {
    const sources = Object.values(ips).flatMap(({ ip, container_name }) =>
      container_name === container ? [ip] : [],
    );
    const listed = await host.sh('conntrack -L -f ipv4 2>/dev/null; conntrack -L -f ipv6 2>/dev/null');
    return listed.split('\n').filter((line) => {
      const [, source, asked] = / src=(\S+) .*?dport=(\d+)/.exec(line) ?? [];
      return sources.includes(source ?? '') && asked === `${port}`;
    }).length;
  };

  beforeAll(async () => {
    host = await startHost();
    await host.sh('ip6tables -A FORWARD -s fd30:1::/64 -d fd30:2::/64 -j DROP');
    for (const [name, options] of Object.entries(networks)) await host.network(name, options);
    const made = await Promise.all(
      ['app', 'spare', 'vpn', 'db', 'copy'].map(async (name) => {
        const network = ['db', 'copy'].includes(name) ? 'back' : 'front';
        const [ipv4, ipv6] = Object.values(ips).flatMap(({ ip, container_name }) =>
          container_name === name ? [ip] : [],
        );
        return await host.container(name, {
          networks: { [network]: { ipv4: ipv4 ?? '', ipv6: ipv6 ?? '' } },
        });
      }),
    );
    const lan = await host.outside('lan0', ['10.9.0.1/24', 'fd09::1/64'], ['10.9.0.2/24', 'fd09::2/64']);
    const [first, spare, , db, copy] = made;
    if (first === undefined || spare === undefined || db === undefined || copy === undefined)
      throw new Error('no containers');
    app = first;
    for (const target of [db, copy]) {
      for (const port of [5432, 6379, 7000, 7001]) await host.listen(target, { port });
      await host.listen(target, { port: 53, proto: 'udp' });
    }
    const tcp: readonly (readonly [string, Place, readonly [string, string], number])[] = [
      ['store', app, ['172.30.2.10', 'fd30:2::10'], 5432],
      ['port 7000', app, ['172.30.2.10', 'fd30:2::10'], 7000],
      ['port 7001', app, ['172.30.2.10', 'fd30:2::10'], 7001],
      ['subnet app', app, ['172.30.2.10', 'fd30:2::10'], 6379],
      ['subnet spare', spare, ['172.30.2.10', 'fd30:2::10'], 6379],
      ['from outside', lan, ['10.9.0.1', 'fd09::1'], 8080],
      ['inside', app, ['172.30.1.30', 'fd30:1::30'], 80],
      ['host', host, ['172.30.2.10', 'fd30:2::10'], 5432],
    ];
    const udp: readonly (readonly [string, Place, readonly [string, string], number])[] = [
      ['names', app, ['172.30.2.10', 'fd30:2::10'], 53],
      ['names from outside', lan, ['10.9.0.1', 'fd09::1'], 5353],
    ];
    openAll = async () => {
      const all = new Map<string, Probe>();
      const connections = await Promise.all(
        tcp.flatMap(([name, from, addresses, port]) =>
          addresses.map(async (address, index) => {
            const connection = await host.open(from, { address, port });
            all.set(`${name} ${index === 0 ? 4 : 6}`, async () => {
              const { kind } = await connection.ping();
              return kind === 'echoed' ? 'open' : kind;
            });
            return connection;
          }),
        ),
      );
      for (const [name, from, addresses, port] of udp) {
        for (const [index, address] of addresses.entries()) {
          clientPort += 1;
          const asked = { address, port, proto: 'udp', localPort: clientPort } as const;
          const probe: Probe = async () => {
            const { kind } = await host.connect(from, asked);
            return kind === 'answered' ? 'open' : kind;
          };
          expect(await probe()).toBe('open');
          all.set(`${name} ${index === 0 ? 4 : 6}`, probe);
        }
      }
      probes = all;
      close = async () => {
        await Promise.all(connections.map(async (each) => await each.close()));
      };
    };
  });
  let openAll: () => Promise<void>;

  beforeEach(async () => {
    await apply(policies);
    await host.sh('conntrack -F 2>/dev/null');
    await openAll();
    expect(await dead()).toEqual([]);
  });
  afterEach(async () => await close());
  afterAll(async () => await host.stop());

  test('ends with the policy that let it in, and no other does', async () => {
    expect(await tracked('app', 5432)).toBe(2);
    const rest = without('store');
    expect(await plan(rest)).toMatch(/- allow app → db tcp\/5432 .*\(its open connections end\)/);
    await apply(rest);
    expect(await tracked('app', 5432)).toBe(0);
    expect(await dead()).toEqual(['store 4', 'store 6']);
  });

  test('ends when its port is no longer among those of its policy', async () => {
    expect(await tracked('app', 7001)).toBe(2);
    await apply({ ...policies, ports: { from: 'app', to: 'db', port: 7000 } });
    expect(await tracked('app', 7001)).toBe(0);
    expect(await dead()).toEqual(['port 7001 4', 'port 7001 6']);
  });

  test('ends when its client is no longer among those of its policy', async () => {
    expect(await tracked('app', 6379)).toBe(2);
    await apply({ ...policies, subnet: { from: 'spare', to: 'db', port: 6379 } });
    expect(await tracked('app', 6379)).toBe(0);
    expect(await dead()).toEqual(['subnet app 4', 'subnet app 6']);
  });

  test('ends when its policy leads elsewhere', async () => {
    expect(await tracked('app', 53)).toBe(2);
    await apply({ ...policies, names: { from: 'app', to: 'copy', port: 53, proto: 'udp' } });
    expect(await tracked('app', 53)).toBe(0);
    expect(await dead()).toEqual(['names 4', 'names 6']);
  });

  test('ends when a refusal comes before its policy', async () => {
    expect(await tracked('app', 6379)).toBe(2);
    await apply({ refusal: { from: 'app', to: 'db', port: 6379, action: 'drop' }, ...policies });
    expect(await tracked('app', 6379)).toBe(0);
    expect(await dead()).toEqual(['subnet app 4', 'subnet app 6']);
  });

  test('goes on when its policy is widened, renamed or stands elsewhere', async () => {
    const rest = without('store');
    const file = { ...rest, store: { from: 'front', to: 'db', port: '5000-6000' } };
    expect(await plan(file)).not.toMatch(/open connections/);
    await apply(file);
    expect(await dead()).toEqual([]);
  });

  test('ends with the DNAT on the host that led it to its target', async () => {
    const rest = without('fromOutside');
    await apply(rest);
    expect(await dead()).toEqual(['from outside 4', 'from outside 6']);
  });

  test('ends when that DNAT leads elsewhere', async () => {
    await apply({
      ...policies,
      fromOutside: { ...policies.fromOutside, to: 'copy' },
      namesFromOutside: { ...policies.namesFromOutside, to: 'copy' },
    });
    const old = ['from outside 4', 'from outside 6'];
    // A datagram of the same client is led to the new target at once.
    expect(await dead()).toEqual(old);
    expect(await host.connect(host, { address: '172.30.2.10', port: 5432 })).toMatchObject({ by: 'db' });
  });

  test('ends with the DNAT inside a container, there and on the host', async () => {
    expect(await tracked('vpn', 5432)).toBe(2);
    const rest = without('inside');
    await apply(rest);
    expect(await tracked('vpn', 5432)).toBe(0);
    expect(await dead()).toEqual(['inside 4', 'inside 6']);
  });

  test('ends when the DNAT inside a container leads elsewhere', async () => {
    await apply({ ...policies, inside: { ...policies.inside, to: 'copy' } });
    expect(await dead()).toEqual(['inside 4', 'inside 6']);
  });

  test('goes on when everything of ours is flushed and repaired', async () => {
    await host.sh(
      'iptables -F NETWRIGHT-FORWARD; ip6tables -F NETWRIGHT-FORWARD; iptables -t nat -F NETWRIGHT-PREROUTING',
    );
    await apply(policies);
    expect(await dead()).toEqual([]);
  });

  test('that cannot be ended is told, and ended as soon as it can be', async () => {
    const folder = host.write('tools/why', 'no deletion while this is here');
    const tool = `#!/bin/sh\ncase "$1" in -D) [ ! -e ${folder} ] || { echo "Operation failed: Operation not permitted" >&2; exit 1; };; esac\nexec /usr/sbin/conntrack "$@"\n`;
    const script = host.write('tools/conntrack', tool);
    await host.sh(`chmod +x ${script}`);
    const env = { PATH: `${script.replace('/conntrack', '')}:${process.env['PATH'] ?? ''}` };
    const file = host.write('networks.json', { networks, ips, policies: Object.values(policies) });
    const daemon = await host.startNetwright(['watch'], {
      file,
      env: { ...env, WATCH_PERIOD_SECONDS: '1', DEBUG: '1' },
    });
    await daemon.waitForLine(/ pass /, 20_000);
    host.write('networks.json', { networks, ips, policies: Object.values(without('fromOutside')) });
    await daemon.waitForLine(/Operation not permitted/, 20_000);
    expect(await dead()).toEqual([]);
    await host.sh(`rm ${folder}`);
    await expect.poll(dead, { timeout: 20_000 }).toEqual(['from outside 4', 'from outside 6']);
    await daemon.kill('SIGTERM');
  });

  test('goes on where there is no tool to end it, and the plan says so', async () => {
    await host.sh('mount --bind /dev/null /usr/sbin/conntrack');
    try {
      expect(await plan(without('fromOutside'))).toMatch(
        /- dnat lan0 .* \(open connections go on\).*warnings\n +open connections .*conntrack is not installed/s,
      );
      expect(await apply(without('fromOutside'))).toMatch(/- dnat lan0 .* \(open connections go on\)/);
      expect(await dead()).toEqual([]);
    } finally {
      await host.sh('umount /usr/sbin/conntrack');
    }
  });
});
