import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Container } from '../host/container.ts';
import { rulesUnderTest } from '../host/engine-under-test.ts';
import type { Place } from '../host/inside.ts';
import { lookUp } from '../host/look-up.ts';
import { startHost, type ThrowawayHost } from '../host/throwaway-host.ts';

const networks = {
  front: { subnet: '172.30.1.0/24' },
  back: { subnet: '172.30.2.0/24' },
  side: { subnet: '172.30.3.0/24' },
  inner: { subnet: '172.30.4.0/24', internal: true },
};
const ips = {
  '172.30.1.20': { container_name: 'client' },
  '172.30.1.30': { container_name: 'vpn', selector: 'tunnel' },
  '172.30.3.30': { container_name: 'vpn' },
  '172.30.3.20': { container_name: 'neighbour' },
  '172.30.4.20': { container_name: 'inmate' },
  '172.30.4.40': { container_name: 'shut-in' },
  '172.30.2.10': { container_name: 'web' },
};

/** What somebody else has in the namespace: all but our chains, the jumps into them, and tables with nothing else. */
const foreign = (saved: string) =>
  saved
    .split('\n')
    .filter((line) => !line.includes('NETWRIGHT-'))
    .join('\n')
    .replace(/\*\w+\n(:\w+ ACCEPT \[0:0\]\n)*COMMIT\n/g, '');

describe('a DNAT inside a container', () => {
  let host: ThrowawayHost;
  let client: Container;
  let vpn: Container;
  let neighbour: Container;
  let inmate: Container;
  let shutIn: Container;
  let web: Container;
  let engineRules: string;

  const apply = async (policies: readonly object[]) => {
    const applied = await host.netwright(['apply'], { file: { networks, ips, policies } });
    expect(applied, applied.stdout).toMatchObject({ exitCode: 0, stderr: '' });
  };
  const ask = async (from: Place, address: string, port = 80) => await host.connect(from, { address, port });
  const interfaceOf = async (address: string) => {
    const shown = await host.sh(`ip -brief -4 address show to ${address}`, { in: vpn });
    return shown.replace(/@.*/s, '');
  };

  beforeAll(async () => {
    host = await startHost();
    for (const [name, options] of Object.entries(networks)) await host.network(name, options);
    client = await host.container('client', { networks: { front: { ipv4: '172.30.1.20' } } });
    vpn = await host.container('vpn', {
      networks: { front: { ipv4: '172.30.1.30' }, side: { ipv4: '172.30.3.30' } },
    });
    neighbour = await host.container('neighbour', { networks: { side: { ipv4: '172.30.3.20' } } });
    inmate = await host.container('inmate', { networks: { inner: { ipv4: '172.30.4.20' } } });
    shutIn = await host.container('shut-in', { networks: { inner: { ipv4: '172.30.4.40' } } });
    web = await host.container('web', { networks: { back: { ipv4: '172.30.2.10' } } });
    for (const port of [80, 81, 8080]) await host.listen(web, { port, reply: `web ${port}` });
    engineRules = (await host.save(vpn))[rulesUnderTest] ?? '';
    if (!host.isPodman) expect(engineRules).toContain('--to-destination 127.0.0.11');
  });

  afterAll(async () => await host.stop());

  test("is reached on each of the container's addresses, from containers and from the host", async () => {
    expect(await ask(client, '172.30.1.30')).toEqual({ kind: 'refused' });
    await apply([{ nat: 'dnat', selector: 'vpn', to: 'web', port: 80 }]);
    for (const [from, address] of [
      [client, '172.30.1.30'],
      [neighbour, '172.30.3.30'],
      [host, '172.30.1.30'],
      [host, '172.30.3.30'],
    ] as const)
      expect(await ask(from, address), `${from.name} to ${address}`).toMatchObject({ by: 'web 80' });
    expect(await ask(client, '172.30.1.30', 81)).toEqual({ kind: 'refused' });
  });

  test('lets the container alone through to its target, by that port alone', async () => {
    expect(await ask(vpn, '172.30.2.10')).toMatchObject({ by: 'web 80' });
    expect(await ask(host, '172.30.2.10', 81)).toMatchObject({ by: 'web 81' });
    expect(await ask(vpn, '172.30.2.10', 81)).toEqual({ kind: 'timeout' });
    expect(await ask(client, '172.30.2.10')).toEqual({ kind: 'timeout' });
  });

  test("leaves the engine's own rules there as they were, and its DNS answers", async () => {
    const now = await host.save(vpn);
    expect(now[rulesUnderTest]).toContain('NETWRIGHT-PREROUTING');
    expect(foreign(now[rulesUnderTest] ?? '')).toBe(foreign(engineRules));
    expect(await lookUp(host, vpn, 'client')).toContain('172.30.1.20');
  });

  test('translates what is for the container, not what it merely routes', async () => {
    await host.sh('ip route add 192.0.2.9 dev lo; ip address add 192.0.2.9 dev lo');
    await host.listen(host, { port: 80, address: '192.0.2.9' });
    await host.sh('ip route replace 192.0.2.9 via 172.30.1.30', { in: client });
    // Where br_netfilter shows them, Podman's own masquerade takes packets between two containers of one network, too, unless they are
    // for that network; the host then drops what comes back to it with its own address.
    const shown = '/proc/sys/net/bridge/bridge-nf-call-iptables';
    if (host.isPodman) await host.sh(`[ ! -e ${shown} ] || echo 0 >${shown}`);
    // The container sends it on by its own default route, to the host.
    expect(await ask(client, '192.0.2.9')).toMatchObject({ by: 'host' });
    expect(await ask(client, '172.30.1.30')).toMatchObject({ by: 'web 80' });
  });

  test('shows the target the address of the container, and without masquerade that of the client', async () => {
    const peer = await host.outside('wg0', '10.9.0.1/24', '10.9.0.2/24');
    await host.sh(`ip link set wg0 netns ${(await vpn.inspect()).State.Pid}`);
    await host.sh('ip address add 10.9.0.1/24 dev wg0; ip link set wg0 up', { in: vpn });
    await host.sh('ip route add 10.9.0.0/24 via 172.30.3.30', { in: neighbour });
    await host.listen(neighbour, { port: 80 });
    const policy = { nat: 'dnat', in: 'vpn', iface: 'wg0', to: 'neighbour', port: 80 };
    await apply([policy]);
    const answer = { by: 'neighbour' };
    expect(await ask(peer, '10.9.0.1')).toMatchObject({ ...answer, clientAddress: '172.30.3.30' });
    await apply([{ ...policy, masquerade: false }]);
    expect(await ask(peer, '10.9.0.1')).toMatchObject({ ...answer, clientAddress: '10.9.0.2' });
    expect(await ask(client, '172.30.1.30')).toEqual({ kind: 'refused' });
  });

  test('by an interface is for what comes in by that one', async () => {
    const [front, side] = [await interfaceOf('172.30.1.30'), await interfaceOf('172.30.3.30')];
    expect([front, side].sort()).toEqual(['eth0', 'eth1']);
    const policy = { nat: 'dnat', in: 'vpn', to: 'web', port: 80, to_port: 8080 };
    await apply([{ ...policy, iface: front }]);
    expect(await ask(client, '172.30.1.30')).toMatchObject({ by: 'web 8080' });
    expect(await ask(neighbour, '172.30.3.30')).toEqual({ kind: 'refused' });
    await apply([{ ...policy, iface: side }]);
    expect(await ask(client, '172.30.1.30')).toEqual({ kind: 'refused' });
    expect(await ask(neighbour, '172.30.3.30')).toMatchObject({ by: 'web 8080' });
  });

  test('in a container with no way out brings the route to its target', async () => {
    // Newer engines give no default route to a container that is only in an internal network; 20.10 does.
    await host.sh('ip route del default || true', { in: shutIn });
    await apply([{ nat: 'dnat', selector: 'shut-in', to: 'web', port: 80 }]);
    expect(await host.sh('ip route', { in: shutIn })).toMatch(
      /^172\.30\.2\.0\/24 via 172\.30\.4\.1 .*proto 78/m,
    );
    expect(await ask(inmate, '172.30.4.40')).toMatchObject({ by: 'web 80' });
    await host.sh('ip route flush proto 78', { in: shutIn });
    expect(await ask(inmate, '172.30.4.40')).not.toMatchObject({ kind: 'answered' });
    await apply([{ nat: 'dnat', selector: 'shut-in', to: 'web', port: 80 }]);
    expect(await ask(inmate, '172.30.4.40')).toMatchObject({ by: 'web 80' });
  });

  test('is gone from the container when the file no longer has it', async () => {
    await apply([]);
    expect(await ask(client, '172.30.1.30')).toEqual({ kind: 'refused' });
    expect((await host.save(vpn))[rulesUnderTest]).toBe(engineRules);
  });
});
