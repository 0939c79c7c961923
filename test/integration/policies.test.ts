import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Container } from '../host/container.ts';
import type { Place } from '../host/inside.ts';
import { startHost, type ThrowawayHost } from '../host/throwaway-host.ts';

const manyPorts = Array.from({ length: 17 }, (_, index) => 9001 + 2 * index);

const networks = { front: { subnet: '172.30.1.0/24' }, back: { subnet: '172.30.2.0/24' } };
const ips = {
  '172.30.1.20': { container_name: 'app', service_name: 'clients' },
  '172.30.1.21': { container_name: 'app2', service_name: 'clients' },
  '172.30.2.10': { container_name: 'db', service_name: 'stores' },
  '172.30.2.11': { container_name: 'db2', service_name: 'stores' },
  '172.30.2.12': { container_name: 'web-1' },
};
const policies = [
  { from: 'app', to: 'db', port: 5432 },
  { from: 'app', selector: 'db', port: 53, proto: 'udp' },
  { from: 'app', container_name: 'db', port: [...manyPorts, '8000-8002', '8010-8012'] },
  { from: 'clients', to: 'stores', port: 6379 },
  { from: 'front', to: 'back', port: 7000 },
  { from: 'any', to: 'db', port: 7001 },
  { from: '172.30.1.20/31', to: '172.30.2.10', port: 7002 },
  { from: 'app', to: 'db', port: 7100, action: 'drop' },
  { from: 'front', to: 'db', port: '7100-7101' },
  { from: 'app', to: 'db', port: 7101, action: 'drop' },
  { from: 'app', to: 'db', port: 7200, action: 'reject' },
  { from: 'app', to: 'db', port: 7200, proto: 'udp', action: 'reject' },
  { from: 'app', to: 'db', port: 7300, log: true, name: 'logged' },
  { from: 'label:role=guest', to: 'db', port: 7400 },
  { from: 'app', to: 'web', port: 80 },
  { from: 'app', to: 'db2', proto: 'icmp' },
  { from: 'app', to: 'web-1', proto: 'any' },
  { from: 'nobody-yet', to: 'db', port: 7500 },
];

describe('a policy on the host', () => {
  let host: ThrowawayHost;
  let app: Container;
  let app2: Container;
  let guest: Container;
  let db: Container;
  let db2: Container;
  let web: Container;

  const ask = async (from: Place, to: Container, port: number, proto: 'tcp' | 'udp' = 'tcp') =>
    await host.connect(from, { address: await to.address(), port, proto });

  /** Nobody in between answers, though the listener does: to the host itself, whose connections are not filtered. */
  const expectDropped = async (from: Place, to: Container, port: number, proto: 'tcp' | 'udp' = 'tcp') => {
    expect(await ask(host, to, port, proto)).toMatchObject({ kind: 'answered', by: to.name });
    expect(await ask(from, to, port, proto)).toEqual({ kind: 'timeout' });
  };

  const expectAnswered = async (from: Place, to: Container, ports: readonly number[]) => {
    const outcomes = await Promise.all(ports.map(async (port) => await ask(from, to, port)));
    expect(outcomes).toMatchObject(ports.map(() => ({ kind: 'answered', by: to.name })));
  };

  beforeAll(async () => {
    host = await startHost();
    await host.network('front', networks.front);
    await host.network('back', networks.back);
    const at = (network: string, ipv4: string, labels = {}) => ({
      networks: { [network]: { ipv4 } },
      labels,
    });
    [app, app2, guest, db, db2, web] = await Promise.all([
      host.container('app', at('front', '172.30.1.20')),
      host.container('app2', at('front', '172.30.1.21')),
      host.container('guest', at('front', '172.30.1.40', { role: 'guest' })),
      host.container('db', at('back', '172.30.2.10')),
      host.container('db2', at('back', '172.30.2.11')),
      host.container('web-1', at('back', '172.30.2.12')),
    ]);
    const tcp = [5432, 5433, ...manyPorts, 9002, 8000, 8001, 8002, 8003, 8010, 8011, 8012, 6379, 7000, 7001];
    for (const port of [...tcp, 7002, 7100, 7101, 7200, 7300, 7400, 7500]) await host.listen(db, { port });
    for (const port of [53, 54, 5432, 7200]) await host.listen(db, { port, proto: 'udp' });
    for (const port of [5432, 6379, 7000, 7001]) await host.listen(db2, { port });
    for (const port of [80, 81]) await host.listen(web, { port });
    // Podman itself lets pass what no policy allows.
    if (!host.isPodman) await Promise.all([expectDropped(app, db, 5432), expectDropped(app, db, 53, 'udp')]);

    const applied = await host.netwright(['apply'], { file: { networks, ips, policies } });
    expect(applied).toMatchObject({ exitCode: 0, stderr: '' });
  });

  afterAll(async () => await host.stop());

  test('lets its client reach its target by its port, and nobody and nothing else', async () => {
    await expectAnswered(app, db, [5432]);
    await Promise.all([
      expectDropped(app2, db, 5432),
      expectDropped(app, db2, 5432),
      expectDropped(app, db, 5433),
      expectDropped(app, db, 5432, 'udp'),
    ]);
  });

  test('is for udp where it says so', async () => {
    expect(await ask(app, db, 53, 'udp')).toMatchObject({ kind: 'answered', by: 'db' });
    await expectDropped(app, db, 54, 'udp');
  });

  test('takes ranges of ports, and more ports than one rule can hold', async () => {
    await expectAnswered(app, db, [...manyPorts, 8000, 8001, 8002, 8010, 8011, 8012]);
    await Promise.all([expectDropped(app, db, 8003), expectDropped(app, db, 9002)]);
  });

  test('by a service name is for each of its addresses', async () => {
    for (const client of [app, app2])
      for (const store of [db, db2]) await expectAnswered(client, store, [6379]);
    await expectDropped(guest, db, 6379);
  });

  test("by a network's name is for everybody in it", async () => {
    for (const client of [app, guest])
      for (const store of [db, db2]) await expectAnswered(client, store, [7000]);
  });

  test('for any is for everybody, to its target alone', async () => {
    for (const client of [app, app2, guest]) await expectAnswered(client, db, [7001]);
    await expectDropped(app, db2, 7001);
  });

  test('for a block of addresses is for those within it', async () => {
    for (const client of [app, app2]) await expectAnswered(client, db, [7002]);
    await expectDropped(guest, db, 7002);
  });

  test('that drops counts before one that accepts below it, and not after', async () => {
    await expectDropped(app, db, 7100);
    await expectAnswered(app2, db, [7100]);
    await expectAnswered(app, db, [7101]);
  });

  test('that rejects is answered at once with a refusal', async () => {
    for (const proto of ['tcp', 'udp'] as const) {
      expect(await ask(host, db, 7200, proto)).toMatchObject({ kind: 'answered' });
      expect(await ask(app, db, 7200, proto)).toEqual({ kind: 'refused' });
      expect(await ask(app2, db, 7200, proto)).toEqual({ kind: 'timeout' });
    }
  });

  test('with log is logged once for a connection that it lets through', async () => {
    const logged = async () =>
      /^\[(\d+):.*-A NETWRIGHT-FORWARD .*-j LOG/m.exec(await host.sh('iptables-save -c'))?.[1];
    expect(await logged()).toBe('0');
    await expectAnswered(app, db, [7300]);
    expect(await logged()).toBe('1');
  });

  test('by a label is for the containers that have it', async () => {
    await expectAnswered(guest, db, [7400]);
    await expectDropped(app, db, 7400);
  });

  test('finds a container by the beginning of its name, and says so', async () => {
    await expectAnswered(app, web, [80]);
    const { stdout, stderr } = await host.netwright(['plan'], { file: { networks, ips, policies } });
    expect(stdout + stderr).toMatch(/"?web"? is only the beginning of web-1/);
  });

  test('can be for every protocol, or for pings', async () => {
    const ping = async (from: Container, to: Container) =>
      (await host.exec(['busybox', 'ping', '-c1', '-W1', await to.address()], { in: from })).exitCode;
    await expectAnswered(app, web, [81]);
    expect(await ping(app, web)).toBe(0);
    expect(await ping(app, db2)).toBe(0);
    expect(await ping(app2, db2)).toBe(1);
  });

  test('whose names mean nothing yet waits, and the others are in force', async () => {
    const file = { networks, ips, policies };
    const { stdout, exitCode } = await host.netwright(['plan'], { file });
    expect(stdout).toMatch(/No changes\..*waiting\n.*nobody-yet/s);
    expect(exitCode).toBe(0);
    await expectDropped(guest, db, 7500);
  });
});
