import { chmodSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Container } from '../host/container.ts';
import type { Outside } from '../host/outside.ts';
import type { OpenConnection } from '../host/probes.ts';
import { startHost, type ThrowawayHost } from '../host/throwaway-host.ts';

const policies = {
  removed: { from: 'app', to: 'db', port: 5432 },
  fromOutside: { nat: 'dnat', iface: 'lan0', to: 'db', port: 8080, to_port: 5432 },
  inside: { nat: 'dnat', in: 'vpn', to: 'db', port: 80, to_port: 5432 },
  kept: { from: 'app', to: 'db', port: 5433 },
};

const file = (...names: readonly (keyof typeof policies)[]): object => ({
  networks: { front: { subnet: '172.30.1.0/24' }, back: { subnet: '172.30.2.0/24' } },
  ips: {
    app: { ip: '172.30.1.20', container_name: 'app' },
    vpn: { ip: '172.30.1.30', container_name: 'vpn' },
    db: { ip: '172.30.2.10', container_name: 'db' },
  },
  policies: names.map((name) => policies[name]),
});

let host: ThrowawayHost;
let lan: Outside;
let app: Container;

beforeAll(async () => {
  host = await startHost();
  lan = await host.outside('lan0', '10.9.0.1/24', '10.9.0.2/24');
  await host.network('front', { subnet: '172.30.1.0/24' });
  await host.network('back', { subnet: '172.30.2.0/24' });
  app = await host.container('app', { networks: { front: { ipv4: '172.30.1.20' } } });
  await host.container('vpn', { networks: { front: { ipv4: '172.30.1.30' } } });
  const db = await host.container('db', { networks: { back: { ipv4: '172.30.2.10' } } });
  for (const port of [5432, 5433]) await host.listen(db, { port });
});
afterAll(async () => await host.stop());

async function apply(wanted: object): Promise<void> {
  expect(await host.netwright(['apply'], { file: wanted })).toMatchObject({ exitCode: 0, stderr: '' });
}

/** Changes the rules and is killed before the connections are ended. */
async function applyAndDie(wanted: object): Promise<void> {
  const killer = host.write('bin/conntrack', '#!/bin/sh\ncase "$*" in *-L*) kill -9 $PPID;; esac\n');
  chmodSync(killer, 0o755);
  const env = { PATH: `${dirname(killer)}:${process.env['PATH'] ?? ''}` };
  const child = await host.startNetwright(['apply'], { file: host.write('next.json', wanted), env });
  expect(await child.exited).not.toBe(0);
}

const open = async () => ({
  removed: await host.open(app, { address: '172.30.2.10', port: 5432 }),
  fromOutside: await host.open(lan, { address: '10.9.0.1', port: 8080 }),
  inside: await host.open(app, { address: '172.30.1.30', port: 80 }),
  kept: await host.open(app, { address: '172.30.2.10', port: 5433 }),
});

async function alive(connections: Readonly<Record<string, OpenConnection>>): Promise<readonly string[]> {
  const kinds = await Promise.all(
    Object.entries(connections).map(async ([name, each]) => [name, (await each.ping()).kind] as const),
  );
  return kinds.flatMap(([name, kind]) => (kind === 'echoed' ? [name] : []));
}

/** Those that both sides have spoken on: what is sent on one that has ended is a beginning of another. */
async function tracked(): Promise<number> {
  const listed = await host.sh('conntrack -L -f ipv4 2>/dev/null');
  return listed.split('\n').filter((line) => /dport=(5432|8080) .*ASSURED/.test(line)).length;
}

test('what a killed pass left open the next one ends, and nothing else', async () => {
  await apply(file('removed', 'fromOutside', 'inside', 'kept'));
  const connections = await open();
  expect(await alive(connections)).toHaveLength(4);

  await applyAndDie(file('kept'));
  expect(await tracked()).toBeGreaterThan(2);
  const planned = await host.netwright(['plan'], { file: file('kept') });
  expect(planned).toMatchObject({ exitCode: 2, stderr: '' });
  expect(planned.stdout).toMatch(/allow app → db tcp\/5432 \(its open connections end\)/);

  await apply(file('kept'));
  expect(await alive(connections)).toEqual(['kept']);
  expect(await tracked()).toBe(0);
  expect(await host.netwright(['plan'], { file: file('kept') })).toMatchObject({
    exitCode: 0,
    stdout: 'No changes.\n',
  });
});

test('what is allowed again by then goes on', async () => {
  await apply(file('removed', 'fromOutside', 'inside', 'kept'));
  const connections = await open();
  await applyAndDie(file('kept'));
  await apply(file('removed', 'kept'));
  expect(await alive(connections)).toEqual(['removed', 'kept']);
});

test('a daemon ends them with its first pass', async () => {
  await apply(file('removed', 'fromOutside', 'inside', 'kept'));
  const connections = await open();
  await applyAndDie(file('kept'));
  const daemon = await host.startNetwright(['watch'], {
    file: host.write('kept.json', file('kept')),
    env: { LOG_FORMAT: 'json' },
  });
  await daemon.waitForLine(/"message":"pass"|in force/, 20_000);
  await expect.poll(tracked, { timeout: 10_000 }).toBe(0);
  expect(await alive(connections)).toEqual(['kept']);
  expect(await daemon.kill('SIGTERM')).toBe(0);
});
