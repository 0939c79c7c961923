import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Container } from '../host/container.ts';
import { lacking } from '../host/engine-under-test.ts';
import type { HostProcess } from '../host/host-process.ts';
import type { Outside } from '../host/outside.ts';
import { startHost, type ThrowawayHost } from '../host/throwaway-host.ts';
import { until, untilQuiet } from './daemon-scene.ts';

const file = {
  networks: {
    uplink: { subnet: '172.20.6.0/24', gateway: '172.20.6.1' },
    bottle: { subnet: '172.20.5.0/24', gateway: '172.20.5.1' },
  },
  ips: { '172.20.5.1': { container_name: 'sentry', as_gateway: true } },
};
const internet = { address: '198.51.100.10', port: 7000 };

let host: ThrowawayHost;
let outside: Outside;
let sentry: Container;
let other: Container;
let web: Container;
let bottle: Container;
let daemon: HostProcess;
let path: string;

/** What the very first process of an unprivileged container gets to hear. */
async function firstWords(name: string): Promise<string> {
  const { address, port } = internet;
  const cmd = ['sh', '-c', `ip route; echo hello | nc -w 5 ${address} ${port}`];
  await host.container(name, { networks: ['bottle'], cmd });
  const handle = host.docker.getContainer(name);
  await handle.wait();
  const said = (await handle.logs({ stdout: true, stderr: true })).toString();
  await handle.remove({ force: true });
  return said;
}

const plans = async () => await host.netwright(['plan', '-f', path]);
const getsOut = async () => (await host.connect(bottle, { ...internet, timeoutMs: 400 })).kind === 'answered';

beforeAll(async () => {
  host = await startHost();
  outside = await host.outside('wan0', '198.51.100.1/24', '198.51.100.10/24');
  await host.listen(outside, { port: internet.port, reply: 'internet' });
  path = host.write('networks.json', file);
  expect(await host.netwright(['apply', '-f', path])).toMatchObject({ exitCode: 0, stderr: '' });
  bottle = await host.container('bottle', { networks: ['bottle'] });
  web = await host.container('web', { networks: ['uplink'] });
  await host.listen(web, { port: 80 });
});

afterAll(async () => await host.stop());

test('nothing gets out while there is no gateway yet', async () => {
  expect((await host.connect(bottle, internet)).kind).not.toBe('answered');
});

test('members go out by their gateway, with its address', async () => {
  sentry = await host.container('sentry', { networks: ['uplink'] });
  expect(await host.netwright(['apply', '-f', path])).toMatchObject({ exitCode: 0, stderr: '' });
  expect(await host.connect(bottle, internet)).toMatchObject({ kind: 'answered', by: 'internet' });
  const asked = await host.connect(bottle, { address: await web.address(), port: 80 });
  expect(asked).toMatchObject({ by: 'web', clientAddress: await sentry.address('uplink') });
  expect(await plans()).toMatchObject({ exitCode: 0, stdout: 'No changes.\n' });
  const { stdout } = await host.netwright(['status', '-f', path]);
  expect(stdout).toMatch(
    /✓ bottle by sentry {3}172\.20\.5\.1, there, members closed in, \d+ packets? refused/,
  );
});

test.skipIf(lacking('its members are given their route once they run', 'podman-4'))(
  'the first instruction of a member gets out by its gateway',
  async () => {
    const said = await firstWords('first');
    expect(said).toContain('default via 172.20.5.1');
    expect(said).toContain('internet');
  },
);

test.skipIf(lacking('its members have their route from the first instruction', 'docker', 'podman-5'))(
  'where a member is given its route once it is seen, it has no way out until then',
  async () => {
    const said = await firstWords('first');
    expect(said).toContain('172.20.5.0/24 dev');
    expect(said).not.toMatch(/default|internet/);
  },
);

test('the gateway that is stopped lets nothing pass, and the next packet once it is back', async () => {
  daemon = await host.startNetwright(['watch'], { file: path });
  await until('the daemon runs → a member gets out', 10_000, getsOut);
  await sentry.stop();
  expect((await host.connect(bottle, internet)).kind).not.toBe('answered');
  await sentry.start();
  await until('the gateway started → a member gets out', 10_000, getsOut);
});

test('an address that somebody takes away is given back', async () => {
  const held = async () => (await host.sh('ip address', { in: sentry })).includes('172.20.5.1/32');
  expect(await held()).toBe(true);
  // No look is due any more that would find it by chance.
  await untilQuiet(daemon, 2000);
  await host.sh('ip address del 172.20.5.1/32 dev "$(ip -o address show to 172.20.5.1 | cut -d" " -f2)"', {
    in: sentry,
  });
  await until('the address was deleted → it is back', 10_000, held);
  expect(await getsOut()).toBe(true);
});

test('another container takes its place', async () => {
  other = await host.container('other', { networks: ['uplink'] });
  const ips = { '172.20.5.1': { container_name: 'other', as_gateway: true } };
  host.write('networks.json', { ...file, ips });
  const isOther = async () => {
    const asked = await host.connect(bottle, { address: await web.address(), port: 80, timeoutMs: 400 });
    return asked.kind === 'answered' && asked.clientAddress === (await other.address('uplink'));
  };
  await until('the file names another → members go out by it', 15_000, isOther);
  expect(await host.sh('ip address; iptables-save', { in: sentry })).not.toMatch(/172\.20\.5\.|NETWRIGHT/);
});

test('leaves nothing', async () => {
  await daemon.kill('SIGTERM');
  // Networks stay that others put containers in.
  expect(await host.netwright(['destroy'])).toMatchObject({ exitCode: 1, stderr: '' });
  expect(await host.sh('ip address; ip route; iptables-save', { in: other })).not.toMatch(
    /172\.20\.5\.|NETWRIGHT|proto 78/,
  );
  for (const container of [bottle, web, sentry, other]) await container.remove();
  expect(await host.netwright(['destroy'])).toMatchObject({ exitCode: 0, stderr: '' });
  expect(JSON.stringify(await host.save())).not.toMatch(/netwright|172\.20\.5\.|proto 78/i);
});
