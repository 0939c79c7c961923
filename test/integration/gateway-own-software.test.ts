import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Container } from '../host/container.ts';
import type { Outside } from '../host/outside.ts';
import { startHost, type ThrowawayHost } from '../host/throwaway-host.ts';

/** SENTRY's own way out is a network that needs policies, too. */
const file = (gateway: object, policies: readonly object[] = []) => ({
  networks: {
    uplink: { subnet: '172.20.6.0/24', gateway: '172.20.6.1', egress: 'deny' },
    bottle: { subnet: '172.20.5.0/24', gateway: '172.20.5.1' },
    back: { subnet: '172.20.7.0/24' },
  },
  ips: {
    '172.20.5.1': { container_name: 'sentry', as_gateway: true, ...gateway },
    '172.20.6.2': { container_name: 'sentry' },
    '172.20.5.20': { container_name: 'bottle' },
    '172.20.5.21': { container_name: 'flask' },
    '172.20.7.20': { container_name: 'db' },
  },
  policies,
  // What leaves by SENTRY as it is has to find back; Podman's bridge has an address in the whole subnet.
  routing: [{ in: 'host', routes: [{ to: '172.20.5.0/25', via: '172.20.6.2' }] }],
});
const internet = { address: '203.0.113.9', port: 7000 };
const db = { address: '172.20.7.20', port: 80 };
const web = { address: '172.20.6.20', port: 80 };
const asIs = { masquerade: false };
const toInternet = (from: string) => ({ from, to: internet.address, port: internet.port });

let host: ThrowawayHost;
let beyond: Outside;
let sentry: Container;
let bottle: Container;
let flask: Container;

const apply = async (gateway: object, ...policies: readonly object[]) =>
  expect(await host.netwright(['apply'], { file: file(gateway, policies) })).toMatchObject({
    exitCode: 0,
    stderr: '',
  });
const asks = async (from: Container, to: { address: string; port: number }) => await host.connect(from, to);
const rulesOf = async (place: Container) =>
  (await host.sh('iptables-save', { in: place })).replace(/^#.*\n/gm, '').replace(/\[\d+:\d+\]/g, '');

beforeAll(async () => {
  host = await startHost();
  beyond = await host.outside('up0', '203.0.113.1/24', `${internet.address}/24`);
  await host.listen(beyond, { port: internet.port, reply: 'internet' });
  await host.netwright(['apply'], { file: file(asIs) });
  const into = async (name: string, network: string, ipv4: string) =>
    await host.container(name, { networks: { [network]: { ipv4 } } });
  sentry = await into('sentry', 'uplink', '172.20.6.2');
  bottle = await into('bottle', 'bottle', '172.20.5.20');
  flask = await into('flask', 'bottle', '172.20.5.21');
  await host.listen(await into('web', 'uplink', web.address), { port: 80 });
  await host.listen(await into('db', 'back', db.address), { port: 80 });
});
afterAll(async () => await host.stop());

test('with masquerade: false a member goes out by its own address, and the file says who may', async () => {
  await apply(asIs, toInternet('bottle'), { from: 'bottle', to: 'db', port: 80 });
  expect(await rulesOf(sentry)).not.toContain('MASQUERADE');
  const own = { clientAddress: '172.20.5.20' };
  expect(await asks(bottle, web)).toMatchObject({ by: 'web', ...own });
  expect(await asks(bottle, db)).toMatchObject({ by: 'db', ...own });
  expect(await asks(bottle, internet)).toMatchObject({ by: 'internet', ...own });
  expect(await asks(flask, web)).toMatchObject({ by: 'web', clientAddress: '172.20.5.21' });
  for (const closed of [db, internet]) expect(await asks(flask, closed)).toEqual({ kind: 'timeout' });
});

test('its own software masquerades instead, and that address is the one the file speaks of', async () => {
  await host.sh('iptables -t nat -A POSTROUTING -s 172.20.5.0/24 -j MASQUERADE', { in: sentry });
  await apply(asIs, toInternet('bottle'), { from: 'bottle', to: 'db', port: 80 });
  expect(await asks(bottle, web)).toMatchObject({ by: 'web', clientAddress: '172.20.6.2' });
  for (const closed of [db, internet]) expect(await asks(bottle, closed)).toEqual({ kind: 'timeout' });
  await apply(asIs, toInternet('sentry'), { from: 'sentry', to: 'db', port: 80 });
  for (const from of [bottle, flask]) {
    expect(await asks(from, db)).toMatchObject({ by: 'db' });
    expect(await asks(from, internet)).toMatchObject({ by: 'internet' });
  }
  await host.sh('iptables -t nat -F POSTROUTING', { in: sentry });
});

test('with masquerade it is the gateway’s network that policies name', async () => {
  await apply({});
  for (const closed of [db, internet]) expect(await asks(bottle, closed)).toEqual({ kind: 'timeout' });
  await apply({}, toInternet('uplink'), { from: 'uplink', to: 'db', port: 80 });
  expect(await asks(bottle, web)).toMatchObject({ by: 'web', clientAddress: '172.20.6.2' });
  expect(await asks(bottle, db)).toMatchObject({ by: 'db' });
  expect(await asks(bottle, internet)).toMatchObject({ by: 'internet' });
});

const ownRules = `iptables -P FORWARD DROP
  iptables -N own; iptables -A FORWARD -j own
  iptables -A own -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
  iptables -A own -d ${internet.address} -p tcp --dport ${internet.port} -j ACCEPT
  iptables -A INPUT -p udp --dport 53 -j ACCEPT
  iptables -t nat -A PREROUTING -p tcp --dport 8053 -j REDIRECT --to-ports 53
  iptables -t nat -A POSTROUTING -s 172.20.5.0/24 -j MASQUERADE`;
const dnsmasq = [
  'dnsmasq',
  '--no-daemon',
  '--conf-file=/dev/null',
  '--user=root',
  '--no-resolv',
  '--no-hosts',
];

describe('rules and a resolver of its own', () => {
  let theirs: string;

  beforeAll(async () => {
    expect(await host.netwright(['destroy'])).toMatchObject({ stderr: '' });
    expect(await rulesOf(sentry)).not.toContain('NETWRIGHT');
    await host.sh(ownRules, { in: sentry });
    theirs = await rulesOf(sentry);
    const resolver = await host.spawn([...dnsmasq, '--address=/allowed.example/203.0.113.9'], { in: sentry });
    await resolver.waitForLine(/started/);
  });

  test.each([{ dns: true }, { dns: true, masquerade: false }])(
    'work as ever beside netwright’s: %o',
    async (gateway) => {
      await apply(gateway, toInternet('sentry'), { from: 'sentry', to: 'db', port: 80 });
      const both = await rulesOf(sentry);
      expect(both).toContain('NETWRIGHT');
      expect(both.replace(/^.*NETWRIGHT.*\n/gm, '')).toBe(theirs);
      expect(await asks(bottle, internet)).toMatchObject({ by: 'internet' });
      expect(await asks(bottle, db)).toEqual({ kind: 'timeout' });
      const answer = await host.exec(['busybox', 'nslookup', 'allowed.example', '192.0.2.53'], {
        in: bottle,
      });
      expect(answer.stdout).toContain('203.0.113.9');
    },
  );

  test('stay when netwright goes', async () => {
    expect(await host.netwright(['destroy'])).toMatchObject({ stderr: '' });
    expect(await rulesOf(sentry)).toBe(theirs);
  });
});
