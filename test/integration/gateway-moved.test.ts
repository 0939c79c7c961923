import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Container } from '../host/container.ts';
import { engineUnderTest } from '../host/engine-under-test.ts';
import type { HostProcess } from '../host/host-process.ts';
import type { Outside } from '../host/outside.ts';
import { startHost, type ThrowawayHost } from '../host/throwaway-host.ts';
import { until } from './daemon-scene.ts';

const file = (gateway: string, more: object = {}) => ({
  networks: {
    uplink: { subnet: '172.20.6.0/24', gateway: '172.20.6.1' },
    bottle: { subnet: '172.20.5.0/24', gateway, ...more },
  },
  ips: {
    [gateway]: { container_name: 'sentry', as_gateway: true },
    '172.20.6.2': { container_name: 'sentry' },
  },
});
const internet = { address: '198.51.100.10', port: 7000 };

let host: ThrowawayHost;
let outside: Outside;
let sentry: Container;
let bottle: Container;
let daemon: HostProcess;

const getsOut = async () => (await host.connect(bottle, { ...internet, timeoutMs: 300 })).kind === 'answered';
const healed = async (what: string) => await until(`${what} → a member gets out`, 15_000, getsOut);
const startSentry = async (image: string) =>
  await host.container('sentry', { image, networks: { uplink: { ipv4: '172.20.6.2' } } });

/** Whether packets arrive outside that the member sends to the hardware address of the host's bridge. */
async function getsPast(mac: string): Promise<boolean> {
  const arrived = async () =>
    /packets (\d+)/.exec(await host.sh('nft list table inet seen', { in: outside }))?.[1];
  const before = await arrived();
  await host.sh(
    `dev=$(ip -o route get 172.20.5.9 | sed 's/.* dev //; s/ .*//')
     ip neigh replace 172.20.5.9 lladdr ${mac} dev $dev nud permanent
     bash -c 'echo past >/dev/udp/${internet.address}/9'
     ip neigh del 172.20.5.9 dev $dev`,
    { in: bottle },
  );
  // Behind what the member sent.
  expect(await host.connect(host, internet)).toMatchObject({ kind: 'answered' });
  return (await arrived()) !== before;
}

beforeAll(async () => {
  host = await startHost();
  outside = await host.outside('wan0', '198.51.100.1/24', '198.51.100.10/24');
  await host.sh('ip route add default via 198.51.100.10');
  await host.listen(outside, { port: internet.port, reply: 'internet' });
  const path = host.write('networks.json', file('172.20.5.1'));
  daemon = await host.startNetwright(['watch'], { file: path });
  await daemon.waitForLine(/waiting/i, 30_000);
  bottle = await host.container('bottle', { networks: ['bottle'] });
  const seen = 'type filter hook prerouting priority -400; udp dport 9 counter;';
  await host.sh(`nft 'table inet seen { chain first { ${seen} }; }'`, { in: outside });
  sentry = await startSentry('busybox');
  await healed('the gateway started');
});
afterAll(async () => await host.stop());

test('the same name with another image is the gateway', async () => {
  const { name } = sentry;
  const before = await sentry.inspect();
  await host.docker.getContainer(name).commit({ repo: 'another', tag: 'latest' });
  await sentry.remove();
  expect(await getsOut()).toBe(false);
  sentry = await startSentry('another:latest');
  await healed('replaced by another image');
  const now = await sentry.inspect();
  expect(now.Id).not.toBe(before.Id);
  expect(now.Image).not.toBe(before.Image);
});

test('a gateway that somebody disconnects and connects elsewhere in the network is the gateway there', async () => {
  const network = host.docker.getNetwork('bottle');
  await network.disconnect({ Container: 'sentry', Force: true });
  expect(await getsOut()).toBe(false);
  await network
    .connect({ Container: 'sentry', EndpointConfig: { IPAMConfig: { IPv4Address: '172.20.5.77' } } })
    // netwright may have been first.
    .catch(() => undefined);
  await healed('disconnected and connected elsewhere');
});

test('a gateway’s address that moves in the file needs the network anew, if the engine tells members of it', async () => {
  const plan = async (moved: object) =>
    await host.netwright(['plan'], { file: host.write('moved.json', moved) });
  const isTold = !engineUnderTest.startsWith('podman-4');
  const refused = await plan(file('172.20.5.9'));
  expect(refused).toMatchObject({ exitCode: isTold ? 1 : 2, stderr: '' });
  if (isTold) {
    expect(refused.stdout).toMatch(/network bottle\s+the live network differs: gateway was 172\.20\.5\.1/);
    expect(refused.stdout).toContain('on_conflict: recreate');
  }
  const moved = file('172.20.5.9', { on_conflict: 'recreate' });
  if (isTold) expect((await plan(moved)).stdout).toMatch(/interrupts .*bottle/);
  host.write('networks.json', moved);
  await until('moved to another address → a member is led there', 20_000, async () =>
    (await host.sh('ip route', { in: bottle })).includes('default via 172.20.5.9 '),
  );
  await healed('moved to another address');
  expect(await host.sh('ip address', { in: sentry })).not.toContain('172.20.5.1/');
});

describe.each([
  ['ip address flush', 'ip address flush dev nw-bottle'],
  ['ip neigh flush', 'ip neigh flush all; ip neigh flush dev nw-bottle'],
  ['nft flush ruleset', 'nft flush ruleset'],
  ['its bridge down and up', 'ip link set nw-bottle down; ip link set nw-bottle up'],
])('after %s', (name, command) => {
  test('the next packet goes by the gateway, and nothing past it', async () => {
    const mac = (await host.sh('cat /sys/class/net/nw-bottle/address')).trim();
    await host.sh(command);
    await healed(name);
    await until(`${name} → nothing gets past it`, 15_000, async () => !(await getsPast(mac)));
    expect(await getsOut()).toBe(true);
  });
});
