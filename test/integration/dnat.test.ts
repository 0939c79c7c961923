import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Container } from '../host/container.ts';
import { userChain } from '../host/engine-under-test.ts';
import type { Place } from '../host/inside.ts';
import type { Outside } from '../host/outside.ts';
import { startHost, type ThrowawayHost } from '../host/throwaway-host.ts';

const networks = { front: { subnet: '172.30.1.0/24' } };
const ips = {
  '172.30.1.10': { container_name: 'web', selector: 'proxy' },
  '172.30.1.11': { container_name: 'pool-1', service_name: 'pool' },
  '172.30.1.12': { container_name: 'pool-2', service_name: 'pool' },
};
const policies = [
  { nat: 'dnat', iface: 'wg0', to: 'proxy', port: 80 },
  { nat: 'dnat', iface: 'wg0', to: 'web', port: 53, proto: 'udp' },
  { nat: 'dnat', iface: 'wg0', to: 'web', port: 443, to_port: 8443 },
  { nat: 'dnat', iface: 'wg0', to: 'web', port: '9000-9002' },
  { nat: 'dnat', iface: 'wg0', to: 'web', port: '9100-9102', to_port: 9100 },
  { nat: 'dnat', iface: 'wg0', to: 'pool', port: 7000 },
  { nat: 'dnat', iface: 'wg0', to: 'web', port: 81, masquerade: true },
  { nat: 'dnat', iface: 'wg0', from: '10.9.0.3', to: 'web', port: 82 },
];

describe('a DNAT on the host', () => {
  let host: ThrowawayHost;
  let peer: Outside;
  let stranger: Outside;
  let web: Container;

  const ask = async (from: Place, address: string, port: number, proto: 'tcp' | 'udp' = 'tcp') =>
    await host.connect(from, { address, port, proto });

  beforeAll(async () => {
    host = await startHost();
    await host.network('front', networks.front);
    web = await host.container('web', { networks: { front: { ipv4: '172.30.1.10' } } });
    for (const [name, ipv4] of [
      ['pool-1', '172.30.1.11'],
      ['pool-2', '172.30.1.12'],
    ] as const)
      await host.listen(await host.container(name, { networks: { front: { ipv4 } } }), { port: 7000 });
    peer = await host.outside('wg0', '10.9.0.1/24', ['10.9.0.2/24', '10.9.0.3/24']);
    stranger = await host.outside('lan', '10.8.0.1/24', '10.8.0.2/24');
    for (const port of [80, 81, 82, 83, 443, 8443, 9000, 9001, 9002, 9100, 9101])
      await host.listen(web, { port, reply: `web ${port}` });
    await host.listen(web, { port: 53, proto: 'udp', reply: 'web 53' });
    expect(await ask(peer, '10.9.0.1', 80)).toEqual({ kind: 'refused' });
    const applied = await host.netwright(['apply'], { file: { networks, ips, policies } });
    expect(applied).toMatchObject({ exitCode: 0, stderr: '' });
  });

  afterAll(async () => await host.stop());

  test("leads what comes in by its interface to the target, which sees the client's own address", async () => {
    const answer = { by: 'web 80', clientAddress: '10.9.0.2', clientPort: 40_000 };
    const fromPort = { address: '10.9.0.1', port: 80, localAddress: '10.9.0.2', localPort: 40_000 };
    expect(await host.connect(peer, fromPort)).toMatchObject(answer);
    expect(await ask(peer, '10.9.0.1', 53, 'udp')).toMatchObject({ by: 'web 53', clientAddress: '10.9.0.2' });
  });

  test('is not for what comes in by another interface', async () => {
    await host.listen(host, { port: 80, address: '10.8.0.1' });
    expect(await ask(stranger, '10.8.0.1', 80)).toMatchObject({ by: 'host' });
    expect(await ask(stranger, '10.9.0.1', 80)).toEqual({ kind: 'refused' });
    expect(await ask(peer, '10.8.0.1', 80)).toMatchObject({ by: 'web 80' });
  });

  test('is not for another port, and opens none of the target itself', async () => {
    expect(await ask(peer, '10.9.0.1', 83)).toEqual({ kind: 'refused' });
    // To its own address, nothing but a translation leads there from outside.
    await host.sh(`iptables -I ${userChain} 2 -i wg0 -m conntrack ! --ctstate DNAT -j DROP`);
    expect(await ask(peer, '172.30.1.10', 83)).toEqual({ kind: 'timeout' });
    expect(await ask(peer, '10.9.0.1', 80)).toMatchObject({ by: 'web 80' });
    expect(await ask(host, '172.30.1.10', 83)).toMatchObject({ by: 'web 83' });
  });

  test('can lead to another port', async () => {
    expect(await ask(peer, '10.9.0.1', 443)).toMatchObject({ by: 'web 8443' });
  });

  test('takes a range of ports, to themselves or to one', async () => {
    for (const port of [9000, 9001, 9002])
      expect(await ask(peer, '10.9.0.1', port)).toMatchObject({ by: `web ${port}` });
    for (const port of [9100, 9101, 9102])
      expect(await ask(peer, '10.9.0.1', port)).toMatchObject({ by: 'web 9100' });
  });

  test('to several targets gives each its share of the connections', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, async () => await ask(peer, '10.9.0.1', 7000)),
    );
    const by = outcomes.map((outcome) => (outcome.kind === 'answered' ? outcome.by : outcome.kind)).sort();
    expect(by).toEqual([...Array<string>(10).fill('pool-1'), ...Array<string>(10).fill('pool-2')]);
  });

  test("with masquerade shows the target the host's address", async () => {
    expect(await ask(peer, '10.9.0.1', 81)).toMatchObject({ by: 'web 81', clientAddress: '172.30.1.1' });
  });

  test('with from is for that client alone', async () => {
    const from = async (localAddress: string) =>
      await host.connect(peer, { address: '10.9.0.1', port: 82, localAddress });
    expect(await from('10.9.0.3')).toMatchObject({ by: 'web 82', clientAddress: '10.9.0.3' });
    expect(await from('10.9.0.2')).toEqual({ kind: 'refused' });
  });

  test("needs no engine to let it through: what Docker's chains drop, it accepts", async () => {
    await host.sh('iptables -P FORWARD DROP; iptables -A FORWARD -j DROP');
    expect(await ask(peer, '10.9.0.1', 443)).toMatchObject({ by: 'web 8443' });
    await host.sh(`iptables -D ${userChain} -j NETWRIGHT-FORWARD`);
    expect(await ask(peer, '10.9.0.1', 443)).toEqual({ kind: 'timeout' });
    const healed = await host.netwright(['apply'], { file: { networks, ips, policies } });
    expect(healed).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await ask(peer, '10.9.0.1', 443)).toMatchObject({ by: 'web 8443' });
  });

  test('is gone when the file no longer has it', async () => {
    await host.netwright(['apply'], { file: { networks, ips, policies: policies.slice(1) } });
    expect(await ask(peer, '10.9.0.1', 80)).toEqual({ kind: 'refused' });
    expect(await ask(peer, '10.9.0.1', 443)).toMatchObject({ by: 'web 8443' });
  });
});
