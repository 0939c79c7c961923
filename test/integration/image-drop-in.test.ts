import type Dockerode from 'dockerode';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Container } from '../host/container.ts';
import type { Outside } from '../host/outside.ts';
import { startHost, type ThrowawayHost } from '../host/throwaway-host.ts';
import { loadImage, logOf, until } from '../image/daemon.ts';
import { builtImage, isDebian } from '../image/image.ts';
import { meets } from './daemon-scene.ts';

describe.skipIf(!isDebian)(
  "the image beside a VPN's container, with NET_ADMIN, the socket and two flags",
  () => {
    let host: ThrowawayHost;
    let vpn: Container;
    let far: Outside;
    let daemon: Dockerode.Container;

    const create = async (name: string, Cmd: readonly string[]): Promise<Dockerode.Container> =>
      await host.docker.createContainer({
        name,
        Image: 'netwright:test',
        Cmd: [...Cmd],
        Healthcheck: { Interval: 500_000_000 },
        HostConfig: {
          NetworkMode: 'container:vpn',
          CapAdd: ['NET_ADMIN'],
          Binds: ['/var/run/docker.sock:/var/run/docker.sock:ro'],
        },
      });
    const told = async (): Promise<string> => await logOf(daemon);
    const throughVpn = async () => await meets(host, far, { address: '10.8.0.1', port: 80, timeoutMs: 300 });

    beforeAll(async () => {
      const image = await builtImage();
      host = await startHost();
      await loadImage(host, image);
      await host.network('internal', { subnet: '172.30.1.0/24' });
      vpn = await host.container('vpn', {
        networks: { internal: { ipv4: '172.30.1.2' } },
        sysctls: { 'net.ipv4.ip_forward': '1' },
      });
      far = await host.outside('wg0', '10.8.0.1/24', '10.8.0.2/24');
      await host.sh(`ip link set wg0 netns ${(await vpn.inspect()).State.Pid}`);
      await host.sh('ip address add 10.8.0.1/24 dev wg0; ip link set wg0 up', { in: vpn });
      const web = await host.container('web', {
        networks: { internal: { ipv4: '172.30.1.10' } },
        labels: { 'my.enable': 'true', 'network.dnat.ports': '80' },
      });
      await host.sh('ip route replace default via 172.30.1.2', { in: web });
      await host.listen(web, { port: 80 });
      daemon = await create('netwright', [
        'watch',
        '-watch-network',
        'internal',
        '-watch-container-label=my.enable',
      ]);
      await daemon.start();
    }, 600_000);
    afterAll(async () => await host.stop());

    test('leads to the labelled port, is healthy, and has nothing to complain of', async () => {
      await until(async () => (await throughVpn()) === 'web', told);
      await until(async () => (await daemon.inspect()).State.Health?.Status === 'healthy', told);
      expect(await told()).not.toMatch(/ (warn|error) /);
    });

    test('leaves the rules at SIGTERM; destroy, told the same, takes them back', async () => {
      await daemon.kill({ signal: 'SIGTERM' });
      expect(await daemon.wait()).toMatchObject({ StatusCode: 0 });
      expect(await throughVpn()).toBe('web');
      const once = await create('once', ['destroy', '-watch-network', 'internal']);
      await once.start();
      expect({ ...((await once.wait()) as object), log: await logOf(once) }).toMatchObject({ StatusCode: 0 });
      expect(await host.sh('iptables-save', { in: vpn })).not.toContain('NETWRIGHT');
      expect(await throughVpn()).toBe('refused');
    });
  },
);
