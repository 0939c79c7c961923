import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Container } from '../host/container.ts';
import { lacking } from '../host/engine-under-test.ts';
import { startHost, type ThrowawayHost } from '../host/throwaway-host.ts';
import { until } from './daemon-scene.ts';

const file = {
  networks: {
    uplink: { subnet: ['172.20.6.0/24', 'fd20:6::/64'], gateway: ['172.20.6.1', 'fd20:6::1'] },
    bottle: { subnet: ['172.20.5.0/24', 'fd20:5::/64'], gateway: ['172.20.5.1', 'fd20:5::1'] },
  },
  ips: {
    '172.20.5.1': { container_name: 'sentry', as_gateway: true, dns: true },
    'fd20:5::1': { container_name: 'sentry', as_gateway: true, dns: true },
  },
};

let host: ThrowawayHost;
let bottle: Container;
let sentry: Container;
let web: Container;

beforeAll(async () => {
  host = await startHost();
  expect(await host.netwright(['apply'], { file })).toMatchObject({ exitCode: 0, stderr: '' });
  sentry = await host.container('sentry', { networks: ['uplink'] });
  web = await host.container('web', { networks: ['uplink'] });
  for (const port of [80, 53]) {
    await host.listen(web, { port });
    await host.listen(web, { port, proto: 'udp' });
  }
  bottle = await host.container('bottle', { networks: ['bottle'] });
  expect(await host.netwright(['apply'], { file })).toMatchObject({ exitCode: 0, stderr: '' });
  // As dnsmasq does, it answers from the address that it was asked at.
  for (const address of ['172.20.5.1', 'fd20:5::1'])
    for (const proto of ['tcp', 'udp'] as const)
      await host.listen(sentry, { port: 53, proto, address, reply: 'resolver' });
});

afterAll(async () => await host.stop());

const addressOf = { 4: 'ipv4', 6: 'ipv6' } as const;

test.each([4, 6] as const)('IPv%i leaves by the gateway, with its address', async (family) => {
  const address = await web.address('uplink', addressOf[family]);
  expect(await host.connect(bottle, { address, port: 80 })).toMatchObject({
    by: 'web',
    clientAddress: await sentry.address('uplink', addressOf[family]),
  });
});

test.each([
  [4, 'udp'],
  [4, 'tcp'],
  [6, 'udp'],
  [6, 'tcp'],
] as const)(
  'questions for names by IPv%i and %s are answered by the gateway, whoever is asked',
  async (family, proto) => {
    const address = await web.address('uplink', addressOf[family]);
    expect(await host.connect(bottle, { address, port: 53, proto })).toMatchObject({ by: 'resolver' });
    expect(
      await host.connect(bottle, { address: family === 4 ? '203.0.113.5' : '2001:db8::5', port: 53, proto }),
    ).toMatchObject({ by: 'resolver' });
  },
);

test.skipIf(lacking('its members are given their route once they run', 'podman-4'))(
  'a member has both routes from its first instruction',
  async () => {
    const cmd = ['sh', '-c', 'ip route; ip -6 route'];
    await host.container('first', { networks: ['bottle'], cmd });
    const handle = host.docker.getContainer('first');
    await handle.wait();
    const said = (await handle.logs({ stdout: true, stderr: true })).toString();
    await handle.remove({ force: true });
    expect(said).toMatch(/default via 172\.20\.5\.1 .*default via fd20:5::1 /s);
  },
);

test('the host holds neither address, and a second look finds nothing to do', async () => {
  const held = await host.sh('ip -o address show nw-bottle');
  expect(held).not.toMatch(/172\.20\.5\.1\/|fd20:5::1\//);
  expect(await host.netwright(['plan'], { file })).toMatchObject({ exitCode: 0, stdout: 'No changes.\n' });
});

test.skipIf(lacking('it has no resolver of its own in such a network', 'podman'))(
  'a member that is told to ask the gateway asks it itself, not by the host',
  async () => {
    const HostConfig = { NetworkMode: 'bottle', Dns: ['172.20.5.1'] };
    await (await host.docker.createContainer({ name: 'asking', Image: 'busybox', HostConfig })).start();
    const asking = { name: 'asking', netns: async () => await netnsOf('asking') };
    const counted = 'udp dport 53 ip daddr 172.20.5.1 counter';
    await host.sh(
      `nft 'table inet seen { chain out { type filter hook output priority 10; ${counted}; }; }'
      busybox nslookup example.org 127.0.0.11 || true`,
      { in: asking, timeout: 30_000 },
    );
    expect(await host.sh('nft list table inet seen', { in: asking })).toMatch(/packets [1-9]/);
  },
);

async function netnsOf(name: string): Promise<string> {
  return `/proc/${(await host.docker.getContainer(name).inspect()).State.Pid}/ns/net`;
}

test('a gateway that was restarted is found again', async () => {
  await sentry.restart();
  expect(await host.netwright(['apply'], { file })).toMatchObject({ exitCode: 0, stderr: '' });
  const address = await web.address('uplink', 'ipv6');
  // The kernel first asks whether somebody has its addresses already, for a second or two.
  await until('web answers again', 15_000, async () => {
    const outcome = await host.connect(bottle, { address, port: 80 });
    return outcome.kind === 'answered' && outcome.by === 'web';
  });
});
