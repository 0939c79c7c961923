import { chmodSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Container } from '../host/container.ts';
import type { HostProcess } from '../host/host-process.ts';
import type { Outside } from '../host/outside.ts';
import { startHost, type ThrowawayHost } from '../host/throwaway-host.ts';
import { meets, until } from './daemon-scene.ts';

const program = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** As a container with `--cap-add NET_ADMIN` has it: no other namespace may be entered, no other process looked at. */
const confined = (...args: readonly string[]): readonly string[] => [
  'setpriv',
  '--bounding-set',
  '-sys_admin,-sys_ptrace',
  process.execPath,
  program,
  ...args,
];

/** As in container-network's own example, but for the VPN: nothing leaves by the main table. */
const startup = `#!/bin/sh -eu
ip route replace blackhole default
ip route add default via "$PROVIDER_NET_GW" table 200
ip rule add fwmark "$IPTABLES_MANGLE_MARK_PUBLISHED_PORTS" table 200
echo "table 200 leads to the provider"
`;
const shutdown = `#!/bin/sh
ip rule del fwmark "$IPTABLES_MANGLE_MARK_PUBLISHED_PORTS" table 200
ip route del default table 200
echo $NETWRIGHT_EVENT >>"$TOLD"
`;

const labels = { 'network.enable': 'true', 'network.dnat.ports': '80' };
const gateway = '172.30.1.2';

describe("inside a VPN's container, with no more than the engine's socket and NET_ADMIN", () => {
  let host: ThrowawayHost;
  let vpn: Container;
  let far: Outside;
  let peer: Outside;
  let daemon: HostProcess;
  let env: Readonly<Record<string, string>>;
  let before = '';

  /** A container whose way out is the VPN's. */
  const web = async (address: string, ports: readonly string[] = []): Promise<Container> => {
    const made = await host.container('web', { networks: { internal: { ipv4: address } }, labels, ports });
    await host.sh(`ip route replace default via ${gateway}`, { in: made });
    for (const port of [80, 9090]) await host.listen(made, { port });
    return made;
  };
  const throughVpn = async () => await meets(host, far, { address: '10.8.0.1', port: 80, timeoutMs: 300 });
  /** Asked at the host's address; answered by the VPN's other uplink, or not at all. */
  const published = async () => await meets(host, peer, { address: '10.9.0.1', port: 9090, timeoutMs: 300 });
  /** Rules, routes and policy rules of the VPN's namespace; what they have counted left out. */
  const state = async () =>
    await host.sh(
      'iptables-save | grep "^[-*:]" | sed "s/ [^ ]*]$//"; ip -4 route show table all; ip rule; ip -6 rule',
      {
        in: vpn,
      },
    );
  const script = (name: string, text: string): string => {
    const path = host.write(name, text);
    chmodSync(path, 0o755);
    return path;
  };

  beforeAll(async () => {
    host = await startHost();
    await host.network('internal', { subnet: '172.30.1.0/24' });
    vpn = await host.container('vpn', {
      networks: { internal: { ipv4: gateway } },
      // As WireGuard's containers have it: Podman 5 looks, by rp_filter 2, for a way back, and unmarked there is none.
      sysctls: { 'net.ipv4.ip_forward': '1', 'net.ipv4.conf.all.src_valid_mark': '1' },
    });
    far = await host.outside('wg0', '10.8.0.1/24', '10.8.0.2/24');
    peer = await host.outside('lan0', '10.9.0.1/24', '10.9.0.2/24');
    await host.sh('ip link add up0 type veth peer name eth1 netns beyond-lan0');
    await host.sh('ip address add 10.7.0.2/24 dev eth1; ip link set eth1 up', { in: peer });
    const { Pid } = (await vpn.inspect()).State;
    await host.sh(`ip link set wg0 netns ${Pid}; ip link set up0 netns ${Pid}`);
    await host.sh('ip address add 10.8.0.1/24 dev wg0; ip link set wg0 up', { in: vpn });
    await host.sh('ip address add 10.7.0.1/24 dev up0; ip link set up0 up', { in: vpn });
    const other = await host.container('other', { networks: ['internal'] });
    await host.listen(other, { port: 80 });
    await web('172.30.1.10', ['9090:9090']);
    before = await state();
    env = {
      WATCH_NETWORK: 'internal',
      IPTABLES_MANGLE_MARK_PUBLISHED_PORTS: '2',
      STARTUP_SCRIPT: script('startup.sh', startup),
      SHUTDOWN_SCRIPT: script('shutdown.sh', shutdown),
      PROVIDER_NET_GW: '10.7.0.2',
      TOLD: `${host.folder}/told`,
      LOG_FORMAT: 'json',
      DEBUG: '1',
    };
    daemon = await host.spawn(confined('watch'), { in: vpn, env });
    await daemon.waitForLine(/"message":"pass".*"changes":[1-9]/, 20_000);
  });
  afterAll(async () => await host.stop());

  test('a labelled port is reached through it, and sees who the client is', async () => {
    await until('the labelled port', 20_000, async () => (await throughVpn()) === 'web');
    expect(await host.connect(far, { address: '10.8.0.1', port: 80 })).toMatchObject({
      by: 'web',
      clientAddress: '10.8.0.2',
    });
  });

  test('the answers of a published port leave by the other way, which its mark leads to', async () => {
    expect(await published()).toBe('web');
    await host.sh('ip rule del fwmark 2 table 200', { in: vpn });
    expect(await published()).toBe('timeout');
    await host.sh('ip rule add fwmark 2 table 200', { in: vpn });
    expect(await published()).toBe('web');
  });

  test('a container that is made anew with another address is followed', async () => {
    await host.docker.getContainer('web').remove({ force: true });
    await until('the port closed', 20_000, async () => (await throughVpn()) === 'refused');
    await web('172.30.1.11', ['9090:9090']);
    await until('the new address', 20_000, async () => (await throughVpn()) === 'web');
    await until('its published port', 20_000, async () => (await published()) === 'web');
  });

  test('there is nothing to complain of, and nothing is refused or waited for', async () => {
    expect(daemon.lines.filter((line) => /"level":"(warn|error)"/.test(line))).toEqual([]);
    const { exitCode, stdout } = await host.exec(confined('status', '--json'), { in: vpn, env });
    expect({ exitCode, ...(JSON.parse(stdout) as object) }).toMatchObject({
      exitCode: 0,
      file: { path: 'environment', state: 'in force' },
      waiting: [],
      refused: [],
      warnings: [],
    });
  });

  test('SIGHUP looks again; SIGTERM ends it, and then the shutdown script is run', async () => {
    daemon.forget();
    await daemon.signal('SIGHUP');
    await daemon.waitForLine(/"message":"pass".*"reload"/);
    expect(await daemon.kill('SIGTERM')).toBe(0);
    expect(readFileSync(`${host.folder}/told`, 'utf8')).toBe('shutdown\n');
    expect(await throughVpn()).toBe('web');
  });

  test('destroy, told the same, takes all of it back and leaves what another netwright has at the engine', async () => {
    const file = { networks: { front: { subnet: '172.30.3.0/24' } } };
    expect((await host.netwright(['apply'], { file })).exitCode).toBe(0);
    const destroyed = await host.exec(confined('destroy', '-watch-network=internal'), { in: vpn });
    expect(destroyed).toMatchObject({ exitCode: 0, stderr: '' });
    await host.sh('ip route del blackhole default', { in: vpn });
    await host.sh('ip route show default | grep -q . || ip route add default via 172.30.1.1', { in: vpn });
    expect(await state()).toBe(before);
    expect((await host.docker.listNetworks()).map(({ Name }) => Name)).toContain('front');
  });
});
