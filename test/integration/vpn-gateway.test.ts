import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Container } from '../host/container.ts';
import type { HostProcess } from '../host/host-process.ts';
import type { Place } from '../host/inside.ts';
import { startHost, type ThrowawayHost } from '../host/throwaway-host.ts';
import { until } from './daemon-scene.ts';
import { inVpn, ofHost, ofVpn, onHost } from './vpn-gateways.ts';
import {
  filterStrictly,
  hostAddress,
  providerGateway,
  startVpnScene,
  tunnelAddress,
  type VpnScene,
} from './vpn-scene.ts';

describe.each([
  ['the host', onHost],
  ["a VPN's container, from outside", inVpn],
  ["a VPN's container, from within", ofVpn],
])('a VPN gateway in %s', (_name, { file, runsIn, tunnelIn }) => {
  let host: ThrowawayHost;
  let scene: VpnScene;
  let vpn: Container;
  let web: Container;
  let app: Container;
  let tunnelEnd: Place;
  let daemon: HostProcess;
  let path: string;

  const labels = { 'network.enable': 'true' };
  const makeWeb = async (ipv4: string) => {
    web = await host.container('web', {
      networks: { internal: { ipv4 } },
      labels: { ...labels, 'network.dnat.ports': '80, 9000:90' },
    });
    for (const port of [80, 90]) await host.listen(web, { port, reply: `web ${port}` });
  };
  const makeApp = async (ipv4: string) => {
    app = await host.container('app', { networks: { internal: { ipv4 } }, labels, ports: ['8080:80'] });
    await host.listen(app, { port: 80 });
  };
  const byTunnel = async (port: number) =>
    await host.connect(scene.stranger, { address: tunnelAddress, port });
  const byProvider = async (port: number) => await host.connect(scene.guest, { address: hostAddress, port });
  const answers = async (ask: Promise<{ readonly kind: string }>) => (await ask).kind === 'answered';
  const netwright = async (...args: readonly string[]) =>
    await host.netwright(args, runsIn === undefined ? {} : { in: vpn });
  const followed = async (what: string) => {
    // WireGuard tries a handshake that was lost again after five seconds.
    await until(`${what} → its port through the tunnel`, 20_000, () => answers(byTunnel(80)));
    await until(`${what} → the published port`, 10_000, () => answers(byProvider(8080)));
  };

  beforeAll(async () => {
    host = await startHost();
    await filterStrictly(host);
    scene = await startVpnScene(host);
    await host.network('internal', { subnet: '172.20.0.0/24' });
    if (tunnelIn === 'vpn') {
      await host.network('provider', {
        subnet: '172.21.0.0/24',
        options: { 'com.docker.network.bridge.name': 'br-provider' },
      });
      vpn = await host.container('vpn', {
        networks: { internal: { ipv4: '172.20.0.2' }, provider: {} },
        sysctls: { 'net.ipv4.conf.all.rp_filter': '1', 'net.ipv4.conf.default.rp_filter': '1' },
      });
      await host.sh(`ip route add default via ${providerGateway}`);
    }
    if (runsIn === 'vpn')
      for (const [key, value] of Object.entries(ofHost)) await host.sh(`sysctl -eqw ${key}=${value}`);
    tunnelEnd = tunnelIn === 'vpn' ? vpn : host;
    await scene.tunnelUp(tunnelEnd);
    await Promise.all([makeWeb('172.20.0.10'), makeApp('172.20.0.11')]);
    const db = await host.container('db', { networks: { internal: { ipv4: '172.20.0.12' } } });
    for (const port of [80, 5432]) await host.listen(db, { port });
    path = host.write('networks.json', file);
    daemon = await host.startNetwright(['watch'], {
      file: path,
      env: { LOG_FORMAT: 'json', DEBUG: '1' },
      ...(runsIn !== undefined && { in: vpn }),
    });
    await followed('started');
  });

  afterAll(async () => await host.stop());

  test('answers by the tunnel what came by it, and by the provider what came by that, at the same time', async () => {
    await scene.ways();
    const stranger = await host.open(scene.stranger, { address: tunnelAddress, port: 80 });
    const guest = await host.open(scene.guest, { address: hostAddress, port: 8080 });
    expect(stranger).toMatchObject({ by: 'web 80', clientAddress: '203.0.113.10' });
    expect(guest).toMatchObject({ by: 'app', clientAddress: '198.51.100.10' });
    for (const connection of [stranger, guest, stranger, guest])
      expect(await connection.ping()).toEqual({ kind: 'echoed' });
    const { server, provider } = await scene.ways();
    expect([server.guest, provider.stranger]).toEqual([0, 0]);
    expect(Math.min(server.stranger, provider.guest)).toBeGreaterThan(3);
    await Promise.all([stranger.close(), guest.close()]);
    expect(await byTunnel(9000)).toMatchObject({ by: 'web 90' });
  });

  test("lets the containers' own connections out by the tunnel, with its address", async () => {
    await host.listen(scene.stranger, { port: 7000, reply: 'stranger' });
    const asked = await host.connect(web, { address: '203.0.113.10', port: 7000 });
    expect(asked).toMatchObject({ by: 'stranger', clientAddress: tunnelAddress });
  });

  test('leads to nothing else', async () => {
    for (const port of [81, 90, 5432]) {
      expect(await byTunnel(port)).not.toMatchObject({ kind: 'answered' });
      expect(await byProvider(port)).not.toMatchObject({ kind: 'answered' });
    }
    expect(await byProvider(80)).not.toMatchObject({ kind: 'answered' });
    // A neighbour who knows the way to the containers' own addresses; Podman lets him in, unless netwright keeps the network.
    if (host.isPodman && tunnelIn === 'vpn') return;
    await host.sh(`ip route add 172.20.0.0/24 via ${hostAddress}`, { in: scene.provider });
    const db = await host.connect(scene.guest, { address: '172.20.0.12', port: 5432 });
    expect(db).not.toMatchObject({ kind: 'answered' });
  });

  test('follows containers that are made again with other addresses', async () => {
    await Promise.all([web.remove(), app.remove()]);
    await Promise.all([makeWeb('172.20.0.20'), makeApp('172.20.0.21')]);
    await followed('made again');
    expect(await byTunnel(80)).toMatchObject({ by: 'web 80' });
  });

  test('is whole again once the tunnel is deleted and made again', async () => {
    await scene.tunnelDown(tunnelEnd);
    expect(await answers(byTunnel(80))).toBe(false);
    await scene.tunnelUp(tunnelEnd);
    const routed = async () =>
      (await host.sh('ip route show table all', { in: tunnelEnd })).includes('default dev wg0');
    await until('the tunnel made again → its route', 10_000, routed);
    await followed('the tunnel made again');
  });

  test('leaves nothing', async () => {
    await daemon.kill('SIGTERM');
    expect(await netwright('destroy')).toMatchObject({ exitCode: 0, stderr: '' });
    const places = [undefined, web, app, ...(tunnelIn === 'vpn' ? [vpn] : [])];
    const saved = async () => await Promise.all(places.map((place) => host.save(place)));
    const before = await saved();
    expect(JSON.stringify(before)).not.toMatch(/netwright|proto 78|fwmark 0x2 /i);
    expect(await netwright('apply', '-f', path)).toMatchObject({ exitCode: 0, stderr: '' });
    await followed('applied');
    expect(await saved()).not.toEqual(before);
    expect(await netwright('destroy')).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await saved()).toEqual(before);
  });
});
