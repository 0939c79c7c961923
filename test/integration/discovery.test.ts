import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Container } from '../host/container.ts';
import { rulesUnderTest } from '../host/engine-under-test.ts';
import type { HostProcess } from '../host/host-process.ts';
import type { Place } from '../host/inside.ts';
import type { Outside } from '../host/outside.ts';
import { startHost, type ThrowawayHost } from '../host/throwaway-host.ts';
import { meets, until } from './daemon-scene.ts';

const discovery = [{ network: 'internal', dnat_iface: 'wg0' }];
/** The time in which a loaded machine follows. */
const limit = 20_000;

describe('a container that asks for ports by its label', { timeout: 120_000 }, () => {
  let host: ThrowawayHost;
  let peer: Outside;
  let lan: Outside;
  let daemon: HostProcess;
  let web: Container;
  let before: object;

  const ask = async (port: number, proto: 'tcp' | 'udp' = 'tcp', from: Place = peer) =>
    await meets(host, from, { address: from === lan ? '10.8.0.1' : '10.9.0.1', port, proto, timeoutMs: 400 });
  const follows = async (what: string, look: () => Promise<boolean>) => {
    try {
      await until(what, limit, look);
    } catch (error) {
      throw new Error(daemon.lines.join('\n'), { cause: error });
    }
  };
  const answers = async (port: number, who: string) =>
    await follows(`${who} at ${port}`, async () => (await ask(port)) === who);
  const start = async (name: string, ports: string, ipv4: string) =>
    await host.container(name, {
      networks: { internal: { ipv4 } },
      labels: { 'network.enable': 'true', 'network.dnat.ports': ports },
    });
  const listen = async (place: Container, ...ports: readonly number[]) => {
    for (const port of ports) await host.listen(place, { port, reply: `${place.name} ${port}` });
  };
  const status = async () => (await host.netwright(['status'])).stdout;
  const says = async (what: RegExp) => await follows(String(what), async () => what.test(await status()));
  const rules = async () => (await host.save())[rulesUnderTest] ?? '';
  const save = (more: object = {}) => host.write('networks.json', { discovery, ...more });

  beforeAll(async () => {
    host = await startHost();
    await host.network('internal', { subnet: '172.30.1.0/24' });
    peer = await host.outside('wg0', '10.9.0.1/24', '10.9.0.2/24');
    lan = await host.outside('lan0', '10.8.0.1/24', '10.8.0.2/24');
    // Engines make rules for a network with its first container.
    await host.container('bystander', { networks: { internal: { ipv4: '172.30.1.99' } } });
    before = await host.save();
    daemon = await host.startNetwright(['watch'], { file: save(), env: { LOG_FORMAT: 'json' } });
    await daemon.waitForLine(/"engine found"/, limit);
  });

  afterAll(async () => await host.stop());

  test('is reached by the interface at each of them, and by no other interface', async () => {
    web = await start('web', '80, 8080:81, 53/udp, 7000-7002, 80x', '172.30.1.10');
    await listen(web, 80, 81, 7001, 8080, 9000);
    await host.listen(web, { port: 53, proto: 'udp', reply: 'web 53' });
    await answers(80, 'web 80');
    expect(await ask(8080)).toBe('web 81');
    expect(await ask(53, 'udp')).toBe('web 53');
    expect(await ask(7001)).toBe('web 7001');
    await says(/^ {2}✓ dnat wg0 udp\/53 → web \(label\) +[1-9]\d* packets?, /m);
    expect(await ask(9000)).toBe('refused');
    expect(await ask(80, 'tcp', lan)).toBe('refused');
    await says(/^ {4}web +its label network\.dnat\.ports .*"80x": neither a port/m);
  });

  test('is followed to another name, another network, another start', async () => {
    const container = host.docker.getContainer((await web.inspect()).Id);
    await container.rename({ name: 'site' });
    await says(/^ {2}✓ dnat wg0 tcp\/80 → site \(label\)/m);
    expect(await ask(80)).toBe('web 80');
    await container.rename({ name: 'web' });
    await says(/^ {2}✓ dnat wg0 tcp\/80 → web \(label\)/m);

    const network = host.docker.getNetwork('internal');
    await network.disconnect({ Container: 'web' });
    await follows('gone with its address', async () => (await ask(80)) === 'refused');
    const EndpointConfig = { IPAMConfig: { IPv4Address: '172.30.1.11' } };
    await network.connect({ Container: 'web', EndpointConfig });
    await answers(80, 'web 80');

    await web.stop();
    await follows('gone with its container', async () => (await ask(80)) === 'refused');
    await says(/^(?!.*web)/s);
    await web.remove();
    web = await start('web', '80', '172.30.1.12');
    await listen(web, 80);
    await answers(80, 'web 80');
  });

  test('keeps a port from a younger one, which has it when the older stops', async () => {
    const young = await start('young', '80,82', '172.30.1.20');
    await listen(young, 80, 82);
    await answers(82, 'young 82');
    expect(await ask(80)).toBe('web 80');
    const conflict = /^ {4}young tcp\/80 +the older container web has it already/m;
    await says(conflict);
    await web.stop();
    await answers(80, 'young 80');
    await says(/^(?!.*young tcp\/80)/s);
    await web.start();
    await listen(web, 80);
    // Podman 4 gives it another hardware address and announces it to nobody: the host knows the former one for up to 45 s.
    if (host.isPodman) await host.sh('ip neigh flush to 172.30.1.12');
    await answers(80, 'web 80');
    await young.remove();
  });

  test("leaves a port to the file's own policy", async () => {
    const other = await host.container('other', { networks: { internal: { ipv4: '172.30.1.30' } } });
    await listen(other, 80);
    save({ policies: [{ nat: 'dnat', iface: 'wg0', to: '172.30.1.30', port: 80 }] });
    await answers(80, 'other 80');
    await says(/^ {4}web tcp\/80 +the file's policy dnat wg0 tcp\/80 → 172\.30\.1\.30 has it already/m);
    save();
    await answers(80, 'web 80');
    await other.remove();
  });

  test('is not led to unless its other label says true', async () => {
    const networks = { internal: { ipv4: '172.30.1.40' } };
    const ports = { 'network.dnat.ports': '84' };
    const unsure = await host.container('unsure', {
      networks,
      labels: { ...ports, 'network.enable': 'yes' },
    });
    await listen(unsure, 84);
    await says(/^ {4}unsure +its label network\.enable is "yes", neither true nor false/m);
    expect(await ask(84)).toBe('refused');
    await unsure.remove();
  });

  test('is reached through another container, whose namespace has the rules', async () => {
    const vpn = await host.container('vpn', { networks: { internal: { ipv4: '172.30.1.50' } } });
    const beyond = await host.outside('tun0', '10.7.0.1/24', '10.7.0.2/24');
    await host.sh(`ip link set tun0 netns ${(await vpn.inspect()).State.Pid}`);
    await host.sh('ip address add 10.7.0.1/24 dev tun0; ip link set tun0 up', { in: vpn });
    save({ discovery: [{ network: 'internal', in: 'vpn', dnat_iface: 'tun0' }] });
    const through = async () => await meets(host, beyond, { address: '10.7.0.1', port: 80, timeoutMs: 400 });
    await follows('web through vpn', async () => (await through()) === 'web 80');
    expect(await meets(host, host, { address: '172.30.1.50', port: 80 })).toBe('refused');
    await follows('the host has no part in it', async () => !(await rules()).includes('web'));
    await vpn.stop();
    await says(/^ {4}discovery in internal +vpn is not running/m);
    save();
    await answers(80, 'web 80');
    await vpn.remove();
  });

  test('leaves nothing behind', async () => {
    expect(await daemon.kill('SIGTERM')).toBe(0);
    await web.remove();
    expect(await host.netwright(['destroy'])).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await host.save()).toEqual(before);
  });
});
