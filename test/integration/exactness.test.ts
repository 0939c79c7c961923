import { afterAll, beforeAll, expect, test } from 'vitest';
import { startHost, type ThrowawayHost } from '../host/throwaway-host.ts';

interface Line {
  readonly sign: string;
  readonly area: string;
  readonly text: string;
}
interface Planned {
  readonly changes: readonly Line[];
  readonly operations: readonly { readonly kind: string }[];
  readonly notices: readonly { readonly subject: string }[];
}
interface Done extends Line {
  readonly result: string;
  readonly because: string;
}
interface Applied {
  readonly converged: boolean;
  readonly rounds: number;
  readonly changes: readonly Done[];
  readonly remaining: readonly Line[];
}

const file = {
  networks: {
    front: {
      subnet: ['172.30.1.0/24', 'fd30:1::/64'],
      gateway: '172.30.1.1',
      mtu: 1400,
      labels: { tier: 'web' },
    },
    back: { subnet: '172.30.2.0/24', on_conflict: 'recreate' },
    safe: { subnet: '172.30.3.0/24', ip_range: '172.30.3.128/25', internal: true },
  },
  ips: {
    app: { ip: '172.30.1.10', container_name: 'app', aliases: ['www'], service_name: 'webs' },
    'app-6': { ip: 'fd30:1::10', container_name: 'app', service_name: 'webs' },
    db: { ip: '172.30.2.10', container_name: 'db', selector: 'store', mac_address: '02:11:22:33:44:55' },
    late: { ip: '172.30.3.10', container_name: 'late' },
    vault: { ip: '172.30.3.11', container_name: 'vault' },
  },
  policies: [
    { name: 'queries', from: 'app', to: 'store', port: [5432, '6000-6010'] },
    { from: 'webs', to: 'db', port: 53, proto: 'udp', log: true },
    { from: 'any', to: 'db', proto: 'icmp' },
    { from: 'app', to: 'vault', port: 443 },
    { from: '10.0.0.0/8', to: 'app', port: '80-81', action: 'reject' },
    { from: 'label:role=guest', to: 'back', proto: 'any', action: 'drop' },
    { nat: 'dnat', iface: 'lan0', to: 'db', port: 8080, to_port: 5432 },
    { nat: 'dnat', in: 'app', to: 'db', port: 80, to_port: 5432 },
    { nat: 'masquerade', iface: 'lan0', from: 'front' },
  ],
  routing: [
    {
      in: 'host',
      routes: [
        { to: '10.60.0.0/24', via: '172.30.1.10' },
        { to: 'fd60::/64', via: 'fd30:1::10', table: 200, metric: 50 },
        { to: '10.61.0.0/24', type: 'blackhole' },
      ],
      rules: [{ fwmark: '0x5/0xff', table: 200, priority: 1000 }],
      sysctls: {
        'net.ipv4.conf.lan0.rp_filter': 2,
        'net.ipv6.conf.lan0.accept_ra': 0,
        'net.ipv4.conf.nw-front.log_martians': 1,
      },
    },
    {
      in: 'app',
      routes: [{ to: '10.70.0.0/24', via: '172.30.1.1' }],
      sysctls: { 'net.ipv4.tcp_syn_retries': 3 },
    },
  ],
};

/** Less here, more there, another subnet. */
const edited = {
  ...file,
  networks: { front: file.networks.front, back: { ...file.networks.back, subnet: '172.30.4.0/24' } },
  ips: {
    app: { ...file.ips.app, ip: '172.30.1.11', aliases: ['www', 'web'] },
    'app-6': file.ips['app-6'],
    db: { ...file.ips.db, ip: '172.30.4.10' },
  },
  policies: [...file.policies.slice(2).reverse(), { from: 'app', to: 'db', port: 9000 }],
  routing: file.routing.slice(1),
};

function withoutResult(done: Done): object {
  return Object.fromEntries(Object.entries(done).filter(([key]) => key !== 'result' && key !== 'because'));
}

let host: ThrowawayHost;

beforeAll(async () => {
  host = await startHost();
  await host.outside('lan0', ['10.9.0.1/24', 'fd09::1/64'], ['10.9.0.2/24', 'fd09::2/64']);
  await host.network('back', { subnet: '172.30.9.0/24' });
  await host.container('app', { sysctls: { 'net.ipv6.conf.all.disable_ipv6': '0' } });
  await host.container('db', { networks: ['back'] });
  await host.container('vault');
  // Not in a network that is replaced: the address it would be given then is the engine's secret until it is.
  await host.container('guest', { labels: { role: 'guest' } });
});
afterAll(async () => await host.stop());

for (const [what, content] of [
  ['a first file on a fresh host', file],
  ['an edited file', edited],
  ['the first file again', file],
] as const) {
  test(`apply of ${what} does in one round exactly what plan said, and leaves nothing to do`, async () => {
    const before = await host.save();
    const planned = await host.netwright(['plan', '--json'], { file: content });
    expect(planned).toMatchObject({ exitCode: 2, stderr: '' });
    expect(await host.save()).toEqual(before);
    const { changes, operations } = JSON.parse(planned.stdout) as Planned;
    expect(changes.length).toBeGreaterThan(10);

    const applied = await host.netwright(['apply', '--json'], { file: content });
    const done = JSON.parse(applied.stdout) as Applied;
    expect(done.changes.filter(({ result }) => result !== 'done')).toEqual([]);
    expect(done.changes.map(withoutResult)).toEqual(changes);
    expect(done).toMatchObject({ converged: true, rounds: 2, remaining: [] });
    expect(applied.exitCode).toBe(0);
    console.info(`${operations.length} operations, ${changes.length} lines`);

    const after = await host.save();
    const again = await host.netwright(['apply', '--json'], { file: content });
    expect(JSON.parse(again.stdout)).toMatchObject({ converged: true, rounds: 1, changes: [] });
    const nothing = await host.netwright(['plan'], { file: content });
    expect(nothing, nothing.stderr).toMatchObject({ exitCode: 0 });
    expect(nothing.stdout).toMatch(/^No changes\.$/m);
    expect(await host.save()).toEqual(after);
  });
}

const gatewayed = {
  networks: {
    bottle: { subnet: '172.30.5.0/24', gateway: '172.30.5.1' },
    uplink: { subnet: '172.30.6.0/24' },
  },
  ips: {
    '172.30.5.1': { container_name: 'sentry', as_gateway: true, dns: true },
    '172.30.6.2': { container_name: 'sentry' },
    '172.30.5.20': { container_name: 'flask' },
  },
};
/** What the notices of a plan speak of. */
const showsOnceJoined =
  /^(bottle: who is behind which port|sentry is in |route default via 172\.30\.[56]\.1)/;

test('where a container becomes a gateway, apply does what plan said, and then what plan said would show', async () => {
  for (const name of ['sentry', 'flask']) await host.container(name);
  const planned = await host.netwright(['plan', '--json'], { file: gatewayed });
  const { changes, notices } = JSON.parse(planned.stdout) as Planned;
  const told = notices.map(({ subject }) => subject).filter((subject) => subject.endsWith('in bottle'));
  expect(told.toSorted()).toEqual(['flask in bottle', 'sentry in bottle']);
  const applied = await host.netwright(['apply', '--json'], { file: gatewayed });
  const done = JSON.parse(applied.stdout) as Applied;
  expect(done).toMatchObject({ converged: true, rounds: 3, remaining: [] });
  const lines = done.changes.map(withoutResult);
  expect(lines.slice(0, changes.length)).toEqual(changes);
  const others = done.changes.slice(changes.length).map(({ text }) => text);
  expect(others.filter((text) => !showsOnceJoined.test(text))).toEqual([]);
  expect(others.length).toBeGreaterThan(0);
});

test('where the gateway and its members are there already, apply does in one round exactly what plan said', async () => {
  for (const name of ['sentry', 'flask']) {
    await host.docker.getContainer(name).restart({ t: 1 });
  }
  const planned = await host.netwright(['plan', '--json'], { file: gatewayed });
  const { changes } = JSON.parse(planned.stdout) as Planned;
  expect(changes.length).toBeGreaterThan(3);
  const applied = await host.netwright(['apply', '--json'], { file: gatewayed });
  const done = JSON.parse(applied.stdout) as Applied;
  expect(done).toMatchObject({ converged: true, rounds: 2, remaining: [] });
  expect(done.changes.map(withoutResult)).toEqual(changes);
});
