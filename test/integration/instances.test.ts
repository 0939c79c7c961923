import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Container } from '../host/container.ts';
import { engineUnderTest } from '../host/engine-under-test.ts';
import type { Outside } from '../host/outside.ts';
import type { Snapshot } from '../host/snapshot.ts';
import { startHost, type ThrowawayHost } from '../host/throwaway-host.ts';
import { meets } from './daemon-scene.ts';

/** In the network that containers are in that were put in none. */
const aside = engineUnderTest.startsWith('podman') ? '10.88.0.1' : '172.17.0.1';

const blue = { NETWRIGHT_INSTANCE: 'blue' };

/** Things of every kind, on the host and in the shared container `vpn`, each distinct by `n`. */
function file(n: number, target: string): object {
  return {
    networks: { [`net-${n}`]: { subnet: `172.30.${n}.0/24`, gateway: `172.30.${n}.1` } },
    ips: { target: { ip: `172.30.${n}.10`, container_name: target } },
    policies: [
      { from: '10.9.0.0/24', to: target, port: 5432 },
      { nat: 'dnat', iface: 'lan0', to: target, port: 8000 + n, to_port: 5432 },
      { nat: 'dnat', in: 'vpn', to: target, port: 80 + n, to_port: 5432 },
    ],
    routing: [
      {
        in: 'host',
        routes: [{ to: `10.60.${n}.0/24`, via: '10.9.0.2' }],
        rules: [{ fwmark: n, table: 100 + n }],
        sysctls: { [`net.ipv4.conf.lan0.${n === 1 ? 'rp_filter' : 'accept_redirects'}`]: 0 },
      },
      { in: 'vpn', routes: [{ to: `10.70.${n}.0/24`, via: aside }] },
    ],
  };
}

let host: ThrowawayHost;
let lan: Outside;
let client: Container;
let vpnAddress: string;
let before: Snapshot;

beforeAll(async () => {
  host = await startHost();
  lan = await host.outside('lan0', '10.9.0.1/24', '10.9.0.2/24');
  // Its sysctls are one for both: who set them puts them back (here there is nothing to set).
  const vpn = await host.container('vpn', { sysctls: { 'net.ipv4.ip_forward': '1' } });
  client = await host.container('client');
  vpnAddress = await vpn.address();
  for (const name of ['one', 'two']) await host.listen(await host.container(name), { port: 5432 });
  before = await host.save();
});
afterAll(async () => await host.stop());

async function met(n: number): Promise<readonly string[]> {
  return await Promise.all([
    meets(host, lan, { address: '10.9.0.1', port: 8000 + n, timeoutMs: 300 }),
    meets(host, lan, { address: `172.30.${n}.10`, port: 5432, timeoutMs: 300 }),
    meets(host, client, { address: vpnAddress, port: 80 + n, timeoutMs: 300 }),
  ]);
}

async function nothingToDo(n: number, target: string, env: Readonly<Record<string, string>>): Promise<void> {
  const planned = await host.netwright(['plan'], { file: file(n, target), env });
  expect(planned.stdout).toMatch(/^No changes\.$/m);
  expect(planned).toMatchObject({ exitCode: 0, stderr: '' });
}

test('two instances are in force side by side, and neither has anything to do about the other', async () => {
  for (const [n, target, env] of [
    [1, 'one', {}],
    [2, 'two', blue],
  ] as const) {
    const applied = await host.netwright(['apply'], { file: file(n, target), env });
    expect(applied, applied.stdout).toMatchObject({ exitCode: 0, stderr: '' });
  }
  expect(await met(1)).toEqual(['one', 'one', 'one']);
  expect(await met(2)).toEqual(['two', 'two', 'two']);
  await nothingToDo(1, 'one', {});
  await nothingToDo(2, 'two', blue);
});

test('a daemon of one and an apply of the other are not in each other’s way', async () => {
  const path = host.write('one.json', file(1, 'one'));
  const daemon = await host.startNetwright(['watch'], { file: path, env: { LOG_FORMAT: 'json' } });
  await daemon.waitForLine(/"engine found"/);
  const applied = await host.netwright(['apply'], { file: file(2, 'two'), env: blue });
  expect(applied.stdout).toMatch(/^No changes\.$/m);
  expect(await daemon.kill('SIGTERM')).toBe(0);
  expect(daemon.lines.filter((line) => line.includes('"message":"changed"'))).toEqual([]);
});

test('destroy of one leaves the other whole', async () => {
  const destroyed = await host.netwright(['destroy']);
  expect(destroyed, destroyed.stdout).toMatchObject({ exitCode: 0, stderr: '' });
  expect(await met(1)).not.toContain('one');
  expect(await met(2)).toEqual(['two', 'two', 'two']);
  await nothingToDo(2, 'two', blue);

  expect(await host.netwright(['apply'], { file: file(1, 'one') })).toMatchObject({ exitCode: 0 });
  expect(await host.netwright(['destroy'], { env: blue })).toMatchObject({ exitCode: 0, stderr: '' });
  expect(await met(2)).not.toContain('two');
  expect(await met(1)).toEqual(['one', 'one', 'one']);
  await nothingToDo(1, 'one', {});
});

test('after both have gone the host is as it was', async () => {
  expect(await host.netwright(['destroy'])).toMatchObject({ exitCode: 0, stderr: '' });
  expect(await host.save()).toEqual(before);
});

test('two whose names lead to the same route protocol are told so, and neither touches the other’s routes', async () => {
  const [main, other] = [{ NETWRIGHT_INSTANCE: 'main' }, { NETWRIGHT_INSTANCE: 'other' }];
  const routes = async () => await host.sh('ip route show proto 221; ip rule show proto 221');
  expect(await host.netwright(['apply'], { file: file(1, 'one'), env: main })).toMatchObject({ exitCode: 0 });
  const there = await routes();
  expect(there).toMatch(/10\.60\.1\.0\/24/);

  const applied = await host.netwright(['apply'], { file: file(2, 'two'), env: other });
  expect(applied).toMatchObject({ exitCode: 1 });
  expect(applied.stdout).toMatch(
    /instance other cannot be told from those of instance main: both names lead to route protocol 221/,
  );
  expect(await routes()).toBe(there);
  expect(await met(2)).toEqual(['two', 'two', 'two']);
  expect(await host.netwright(['destroy'], { env: other })).toMatchObject({ exitCode: 1 });
  expect(await routes()).toBe(there);

  const daemon = await host.startNetwright(['watch'], {
    file: host.write('main.json', file(1, 'one')),
    env: { ...main, LOG_FORMAT: 'json' },
  });
  await daemon.waitForLine(/"engine found"/);
  const refused = await host.netwright(['apply'], { file: file(2, 'two'), env: other });
  expect(refused).toMatchObject({ exitCode: 1, stdout: '' });
  expect(refused.stderr).toMatch(/instance main is at work on this host.*NETWRIGHT_INSTANCE/s);
  expect(await daemon.kill('SIGTERM')).toBe(0);
  expect(await host.netwright(['destroy'], { env: main })).toMatchObject({ exitCode: 0, stderr: '' });
  expect(await host.save()).toEqual(before);
}, 120_000);
