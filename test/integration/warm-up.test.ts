import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Container } from '../host/container.ts';
import type { HostProcess } from '../host/host-process.ts';
import { startHost, type ThrowawayHost } from '../host/throwaway-host.ts';

interface Line {
  readonly message: string;
  readonly container?: string;
  readonly port?: string;
  readonly result?: string;
  readonly change?: string;
}

let host: ThrowawayHost;
let vpn: Container;
let web: Container;
let daemon: HostProcess;

const labels = { 'network.enable': 'true', 'network.dnat.ports': '80,81,53/udp' };
const lines = (): readonly Line[] =>
  daemon.lines.flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Line] : []));
const warmed = (name: string): readonly Line[] =>
  lines().filter(({ message, container }) => message === 'warmed up' && container === name);
/** Packets of a kind that a namespace has sent towards a container. */
const sent = async (place: Container | ThrowawayHost, match: string): Promise<number> => {
  const rules = await host.sh('iptables -t mangle -nvxL OUTPUT', { in: place });
  const line = rules.split('\n').find((rule) => rule.includes(match));
  return Number(line?.trim().split(/\s+/)[0]);
};

beforeAll(async () => {
  host = await startHost();
  await host.network('internal', { subnet: '172.30.1.0/24' });
  vpn = await host.container('vpn', { networks: { internal: { ipv4: '172.30.1.2' } } });
  web = await host.container('web', { networks: { internal: { ipv4: '172.30.1.10' } }, labels });
  await host.listen(web, { port: 80 });
  for (const place of [host, vpn]) {
    await host.sh('iptables -t mangle -A OUTPUT -d 172.30.1.10 -p tcp --syn -m comment --comment syn', {
      in: place,
    });
    await host.sh('iptables -t mangle -A OUTPUT -d 172.30.1.10 -p udp --dport 53 -m comment --comment udp', {
      in: place,
    });
    await host.sh('iptables -t mangle -A OUTPUT -d 172.30.1.64/26 -p tcp -j DROP', { in: place });
  }
  const file = {
    discovery: [
      { network: 'internal', warm_up: true },
      { network: 'internal', in: 'vpn', warm_up: true },
    ],
  };
  daemon = await host.startNetwright(['watch'], { file, env: { LOG_FORMAT: 'json', DEBUG: '1' } });
  await daemon.waitForLine(/"warmed up".*"from":"host"/, 20_000);
  await allWarmed('web', 6);
});
afterAll(async () => await host.stop());

/** Resolves when so many ports of the container have been reached, from wherever. */
async function allWarmed(name: string, count: number): Promise<void> {
  while (warmed(name).length < count) await daemon.waitForLine(/"warmed up"/, 20_000);
}

test('each port is reached from the host and from inside the container that leads to it, and what came of it is told', async () => {
  const results = warmed('web').map(({ port = '', result = '' }) => `${port} ${result}`);
  expect(results.toSorted()).toEqual([
    'tcp/80 answered',
    'tcp/80 answered',
    'tcp/81 ECONNREFUSED',
    'tcp/81 ECONNREFUSED',
    'udp/53 sent',
    'udp/53 sent',
  ]);
  for (const place of [host, vpn]) {
    expect(await sent(place, '/* syn */')).toBe(2);
    expect(await sent(place, '/* udp */')).toBe(1);
  }
});

test('that fills the neighbour table, whoever comes next', async () => {
  for (const place of [host, vpn])
    expect(await host.sh('ip neigh show 172.30.1.10', { in: place })).toMatch(/lladdr/);
});

test('once for each start, however many passes there are', async () => {
  await host.container('another', { networks: ['internal'] });
  daemon.forget();
  await daemon.signal('SIGHUP');
  await daemon.waitForLine(/"message":"pass".*"reload"/, 20_000);
  expect(await sent(vpn, '/* syn */')).toBe(2);
  await web.restart();
  await allWarmed('web', 12);
  daemon.forget();
  await daemon.signal('SIGHUP');
  await daemon.waitForLine(/"message":"pass".*"reload"/, 20_000);
  expect(warmed('web')).toHaveLength(12);
  // More where the first is lost: on Podman 4 a container that starts again has another hardware address, and tells nobody.
  for (const place of [host, vpn]) expect(await sent(place, '/* syn */')).toBeGreaterThanOrEqual(4);
});

test('a container that drops every packet keeps no pass waiting', async () => {
  const make = async (name: string, ipv4: string, ports: string) => {
    const asked = { 'network.enable': 'true', 'network.dnat.ports': ports };
    await host.container(name, { networks: { internal: { ipv4 } }, labels: asked, start: false });
  };
  const silent = [0, 1, 2, 3, 4].map((n) => `silent-${n}`);
  for (const [n, name] of silent.entries()) await make(name, `172.30.1.${64 + n}`, `7${n}00-7${n}31`);
  await make('late', '172.30.1.11', '90');
  await Promise.all(
    ['late', ...silent].map(async (name) => {
      await host.docker.getContainer(name).start();
    }),
  );
  await allWarmed('late', 2);
  for (const name of silent) await allWarmed(name, 64);
  expect(new Set(silent.flatMap((name): unknown[] => warmed(name).map(({ result }) => result)))).toEqual(
    new Set(['no answer']),
  );
  const log = lines();
  const inForce = ['late', ...silent].map((name) =>
    log.findIndex(({ message, change = '' }) => message === 'changed' && change.includes(` ${name}`)),
  );
  expect(Math.min(...inForce)).toBeGreaterThan(-1);
  // Each of two namespaces needs five seconds for these; all is in force long before.
  const given = log.findLastIndex(({ result }) => result === 'no answer');
  expect(Math.max(...inForce)).toBeLessThan(given);
  expect(log.filter(({ message }) => message === 'warm-up broke off')).toEqual([]);
});

test('it teaches strict rp_filter nothing: what comes by another way than the route back is dropped as before', async () => {
  const dropped = async (): Promise<number> =>
    Number(
      (await host.sh('nstat -asz TcpExtIPReversePathFilter | tail -n 1', { in: vpn })).trim().split(/\s+/)[1],
    );
  const mac = /link\/ether (\S+)/.exec(await host.sh('ip link show eth0', { in: vpn }))?.[1] ?? '';
  /** A neighbour's question is dropped, too, and counted by nobody: the packets must come without one. */
  const knowWay = async () =>
    await host.sh(`ip neigh replace 172.30.1.2 lladdr ${mac} dev eth0 nud permanent`, { in: web });
  const ask = async () => (await host.connect(web, { address: '172.30.1.2', port: 99, timeoutMs: 300 })).kind;
  expect(await ask()).toBe('refused');
  await host.sh(
    'ip link add aside type veth peer name nowhere; ip link set nowhere up; ip link set aside up; ip route add 172.30.1.10 dev aside; for i in all eth0; do echo 1 >/proc/sys/net/ipv4/conf/$i/rp_filter; done',
    { in: vpn },
  );
  await knowWay();
  const before = await dropped();
  expect(await ask()).toBe('timeout');
  const untaught = await dropped();
  expect(untaught).toBeGreaterThan(before);
  const reached = warmed('web').length;
  await web.restart();
  await allWarmed('web', reached + 6);
  await knowWay();
  const taught = await dropped();
  expect(await ask()).toBe('timeout');
  expect(await dropped()).toBeGreaterThan(taught);
});
