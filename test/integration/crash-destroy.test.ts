import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Container } from '../host/container.ts';
import type { Snapshot } from '../host/snapshot.ts';
import { startHost, type ThrowawayHost } from '../host/throwaway-host.ts';
import { useEngineOnce } from '../host/used-once.ts';
import { CrashPoints } from './crash-points.ts';

const file = {
  networks: {
    apps: { subnet: '172.30.1.0/24', gateway: '172.30.1.1' },
    back: { subnet: ['172.30.2.0/24', 'fd30:2::/64'] },
  },
  ips: {
    app: { ip: '172.30.1.10', container_name: 'app' },
    db: { ip: '172.30.2.10', container_name: 'db' },
  },
  policies: [
    { from: 'app', to: 'db', port: 5432 },
    { nat: 'dnat', in: 'app', to: 'db', port: 80, to_port: 5432 },
    { nat: 'masquerade', iface: 'lan0', from: 'back' },
  ],
  routing: [
    {
      in: 'host',
      routes: [{ to: '10.60.0.0/24', via: '172.30.1.10' }],
      rules: [{ fwmark: 2, table: 100 }],
      sysctls: { 'net.ipv4.conf.lan0.accept_redirects': 0 },
    },
    {
      in: 'app',
      routes: [{ to: '10.50.0.0/24', via: '172.30.1.1' }],
      sysctls: { 'net.ipv4.conf.all.log_martians': 1 },
    },
  ],
};

let host: ThrowawayHost;
let app: Container;

beforeAll(async () => {
  host = await startHost();
  await host.outside('lan0', '10.9.0.1/24', '10.9.0.2/24');
  await useEngineOnce(host);
  // The engine's DNS rules come with the first such network, and stay.
  await host.network('own', { subnet: '172.30.9.0/24' });
  app = await host.container('app', { networks: ['own'] });
  await host.container('db');
});
afterAll(async () => await host.stop());

/** By iptables' own word: an empty built-in chain, which it makes where it is first needed, is to it no difference. */
async function inside(): Promise<Snapshot> {
  return { ...(await host.save(app)), nft: '' };
}

test('after a crash of apply and one of destroy, at any of their changes, destroy leaves the host as it was', {
  timeout: 480_000,
}, async () => {
  const before = await host.save();
  const beforeInside = await inside();
  const crash = new CrashPoints(host);
  const killed = { apply: 0, destroy: 0 };
  for (let at = 1, ended = false; !ended; at++) {
    const applying = await crash.run(['apply'], file, at);
    // Whatever the crash left is taken away by this one, until it is killed too.
    const destroying = await crash.run(['destroy'], undefined, Math.ceil(at / 2));
    const destroyed = await host.netwright(['destroy']);
    const where = `apply killed at ${applying}, destroy at ${destroying}`;
    expect(destroyed, where).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await host.save(), where).toEqual(before);
    expect(await inside(), where).toEqual(beforeInside);
    if (applying !== undefined) killed.apply = at;
    if (destroying !== undefined) killed.destroy++;
    ended = applying === undefined;
  }
  expect(killed.apply).toBeGreaterThan(12);
  expect(killed.destroy).toBeGreaterThan(8);
});
