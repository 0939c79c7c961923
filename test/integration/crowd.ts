import type { Container } from '../host/container.ts';
import { userChain } from '../host/engine-under-test.ts';
import type { Outside } from '../host/outside.ts';
import type { ThrowawayHost } from '../host/throwaway-host.ts';
import { crowdRules, ipsets, nftTables, routing } from './crowd-rules.ts';

/** Who lives on a host besides us. */
export interface Crowd {
  /** Not in any file; its port 80 is published as 8080. */
  readonly shop: Container;
  /** Those that files give a place in our networks, each in somebody else's network already. */
  readonly members: readonly Container[];
  readonly lan: Outside;
}

const memberNames = ['app', 'db', 'vpn', 'cache'] as const;

/**
 * Makes the host one where others have been at work for years: firewalls, a VPN, the engine's networks and containers, with Docker Podman's own
 * beside them, sets, routes, rules in both stores, and in a container.
 */
export async function gatherCrowd(host: ThrowawayHost, store: 'nft' | 'legacy'): Promise<Crowd> {
  const lan = await host.outside('lan0', ['10.9.0.1/24', 'fd09::1/64'], ['10.9.0.2/24', 'fd09::2/64']);
  await host.outside('wg0', '10.8.0.1/24', '10.8.0.2/24');
  await host.network('shops', { subnet: ['172.31.1.0/24', 'fd31:1::/64'], labels: { owner: 'netwright' } });
  await host.network('closed', { subnet: '172.31.2.0/24', internal: true });
  await host.network('spare', { subnet: '172.31.3.0/24', labels: { 'io.netwright.managed': 'another' } });
  const shop = await host.container('shop', {
    networks: ['shops', 'closed'],
    ports: ['8080:80', '5353:53/udp'],
    labels: { role: 'guest' },
  });
  const members: Container[] = [];
  // In a network of Docker's already, so that its DNS has its rules inside.
  for (const name of memberNames) members.push(await host.container(name, { networks: ['shops'] }));
  if (host.isPodman) await gatherPod(host);
  else await host.sh(podmanPod);
  const restore = async (tool: string, input: string): Promise<string> =>
    await host.sh(`${tool}-restore --noflush`, { input });
  await host.sh('ipset restore', { input: ipsets });
  await restore('iptables', crowdRules(4, userChain));
  // Docker 20.10 writes no rules for IPv6.
  await restore('ip6tables', crowdRules(6, host.isPodman ? userChain : undefined));
  const other = store === 'nft' ? 'legacy' : 'nft';
  await restore(`iptables-${other}`, '*filter\n-A INPUT -s 192.0.2.1/32 -j DROP\nCOMMIT\n');
  await host.sh('nft -f -', { input: nftTables });
  await host.sh(routing);
  for (const place of members) await host.sh(insideRules, { in: place });
  await settleEngine(host);
  return { shop, members, lan };
}

/** Podman with its own storage beside Docker, one network and one container with a published port, its rules in the engine's store. */
const podmanPod = `
bash -euc '. /run/engine/env; test/host/podman-setup.sh ""'
tree=/run/engine/pod; mkdir -p $tree/root/bin $tree/root/etc $tree/root/proc $tree/root/sys $tree/root/dev $tree/root/tmp
cp "$(command -v busybox)" $tree/root/bin/sleep
podman network create --subnet 10.91.7.0/24 pods
podman --root $tree/data --runroot $tree/run run -d --name pod --network pods -p 18080:80 --rootfs $tree/root /bin/sleep 100000
`;

async function gatherPod(host: ThrowawayHost): Promise<void> {
  await host.network('pods', { subnet: '10.91.7.0/24' });
  await host.container('pod', { networks: ['pods'], ports: ['18080:80'] });
}

/** A kill switch, as VPN containers have one, and something in every table our files may write to. */
const insideRules = `
for tool in iptables ip6tables; do
  $tool -N KILLSWITCH; $tool -A OUTPUT -j KILLSWITCH; $tool -A KILLSWITCH -o lo -j ACCEPT
  $tool -A FORWARD -p tcp -m tcp --dport 9 -j RETURN; $tool -A INPUT -p tcp -m tcp --dport 9 -j RETURN
  for chain in PREROUTING INPUT OUTPUT POSTROUTING; do $tool -t nat -A $chain -p tcp -m tcp --dport 9 -j RETURN; done
done
ip route add blackhole 10.68.0.0/16; ip rule add fwmark 0x9 table 200 priority 100
`;

/** Docker puts its own rules above those of others whenever it makes a network: once done, the order stays. */
async function settleEngine(host: ThrowawayHost): Promise<void> {
  await (await host.network('passing', { subnet: '172.31.9.0/24' })).remove();
}
