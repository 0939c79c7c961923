import { describe, expect, test } from 'vitest';
import { userChain } from '../host/engine-under-test.ts';
import type { Snapshot } from '../host/snapshot.ts';
import { type HostOptions, startHost, type ThrowawayHost } from '../host/throwaway-host.ts';
import { useEngineOnce } from '../host/used-once.ts';

const file = {
  networks: {
    front: { subnet: ['172.30.1.0/24', 'fd30:1::/64'] },
    back: { subnet: '172.30.2.0/24' },
    theirs: { subnet: '172.31.9.0/24' },
  },
  ips: {
    '172.30.1.20': { container_name: 'app' },
    'fd30:1::20': { container_name: 'app' },
    '172.30.2.10': { container_name: 'db', aliases: ['database'], mac_address: '02:00:00:00:00:10' },
    '172.31.9.30': { container_name: 'vpn' },
  },
  policies: [
    { from: 'app', to: 'db', port: 5432, log: true },
    { from: 'any', to: 'db', port: 5433, proto: 'udp', action: 'reject' },
    { nat: 'dnat', iface: 'wg0', to: 'app', port: 80, masquerade: true },
    { nat: 'dnat', selector: 'vpn', to: 'db', port: 5432 },
    { nat: 'masquerade', iface: 'wg0', from: 'back' },
  ],
  routing: [
    {
      in: 'host',
      routes: [
        { to: '10.77.0.0/16', via: '10.9.0.2' },
        { to: 'default', via: '10.9.0.2', table: 200 },
        { to: 'fd77::/32', via: 'fd09::2' },
      ],
      rules: [{ fwmark: 2, table: 200 }],
      sysctls: { 'net.ipv4.conf.wg0.rp_filter': 2, 'net.ipv4.conf.wg0.src_valid_mark': 1 },
    },
    { in: 'vpn', routes: [{ to: '10.78.0.0/16', via: '172.31.9.1' }], sysctls: { 'net.ipv4.ip_forward': 1 } },
  ],
};

/** A host where others have been at work before: a firewall, a VPN, scripts. */
const crowd = `
for v in '' 6; do
  ip\${v}tables -N ufw\${v}-before-forward; ip\${v}tables -N ufw\${v}-user-forward
  ip\${v}tables -A ufw\${v}-before-forward -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
  ip\${v}tables -A ufw\${v}-before-forward -j ufw\${v}-user-forward
  ip\${v}tables -A FORWARD -j ufw\${v}-before-forward
  ip\${v}tables -A INPUT -p tcp -m tcp --dport 2222 -m comment --comment "ssh, not \\"ours\\"" -j ACCEPT
  ip\${v}tables -t mangle -A PREROUTING -i lo -j MARK --set-xmark 0x7/0xff
done
iptables -I ${userChain} -s 192.0.2.0/24 -j DROP
iptables -A ${userChain} -m limit --limit 5/min -j LOG --log-prefix "NETWRIGHT-looks-like: "
iptables -N NETWRIGHT-FOREIGN-CHAIN
iptables -t nat -A PREROUTING -d 198.51.100.1/32 -p tcp -m multiport --dports 80,443 -j DNAT --to-destination 192.0.2.7
iptables -t nat -A POSTROUTING -s 10.66.0.0/16 -o wg0 -j MASQUERADE
ip route add 10.66.0.0/16 via 10.9.0.2 proto 77 metric 5; ip route add blackhole 10.67.0.0/16 table 200
ip rule add fwmark 0x9 table 200 priority 100; ip -6 rule add from fd66::/32 table 201
ipset create crowd hash:ip; ipset add crowd 192.0.2.1
nft add table inet crowd; nft add chain inet crowd forward '{ type filter hook forward priority 5; }'
`;

const routing = ['rules', 'rules-6', 'routes', 'routes-6'];
const lines = (text: string | undefined) => (text ?? '').split('\n');

/** What was there before and is not there now, or not in its order; between it may be what the engine added for new networks. */
const missing = (before: string | undefined, now: string | undefined) => {
  const rest = lines(before);
  for (const line of lines(now)) if (line === rest[0]) rest.shift();
  return rest;
};

/** The legacy store keeps a table that was used once, and iptables-nft a built-in chain: empty, they do nothing. */
const crowdOfLegacy = 'ip6tables -t nat -A POSTROUTING -s fd66::/32 -j MASQUERADE';
const withoutEmptyChains = (snapshot: Snapshot): Snapshot => ({
  ...snapshot,
  'iptables-legacy': (snapshot['iptables-legacy'] ?? '').replace(
    /\*\w+\n(:\w+ ACCEPT \[0:0\]\n)+COMMIT\n/g,
    '',
  ),
  nft: (snapshot['nft'] ?? '').replace(/\n\tchain \w+ \{\n\t\ttype nat .* policy accept;\n\t\}\n/g, ''),
});

describe.each<HostOptions>([{ iptables: 'nft' }, { iptables: 'legacy' }])(
  'on a host with iptables-$iptables',
  (options) => {
    let host: ThrowawayHost;

    test('destroy leaves everything as it was before the first apply', async () => {
      host = await startHost(options);
      try {
        await passes();
      } finally {
        await host.stop();
      }
    });

    /** Podman's chains of a family are there from the first container on, and for ever. */
    async function sixthFamily() {
      await host.network('six', { subnet: ['172.31.8.0/24', 'fd31:8::/64'] });
      await host.container('six', { networks: ['six'] });
    }

    async function passes() {
      const peer = await host.outside('wg0', ['10.9.0.1/24', 'fd09::1/64'], ['10.9.0.2/24', 'fd09::2/64']);
      await useEngineOnce(host);
      await host.network('theirs', { subnet: '172.31.9.0/24' });
      if (host.isPodman) await sixthFamily();
      const app = await host.container('app', { networks: ['theirs'] });
      const db = await host.container('db', { networks: ['theirs'] });
      const vpn = await host.container('vpn', { networks: { theirs: { ipv4: '172.31.9.30' } } });
      await host.sh(options.iptables === 'legacy' ? `${crowd}${crowdOfLegacy}` : crowd);
      await host.listen(app, { port: 80 });
      for (const port of [5432, 2222]) await host.listen(db, { port });
      const save = async () => {
        const containers = await Promise.all([app, db, vpn].map(async (each) => await host.save(each)));
        return [await host.save(), ...containers.map(withoutEmptyChains)] as const;
      };
      const before = await save();

      const applied = await host.netwright(['apply'], { file });
      expect(applied).toMatchObject({ exitCode: 0, stderr: '' });
      expect(await host.netwright(['plan'], { file })).toMatchObject({ exitCode: 0 });
      expect(await host.connect(app, { address: '172.30.2.10', port: 5432 })).toMatchObject({ by: 'db' });
      for (const from of [host, app])
        expect(await host.connect(from, { address: '172.30.2.10', port: 2222 }), from.name).toMatchObject({
          kind: from === host ? 'answered' : 'timeout',
        });
      expect(await host.connect(vpn, { address: '172.30.2.10', port: 5432 })).toMatchObject({ by: 'db' });
      expect(await host.connect(host, { address: '172.31.9.30', port: 5432 })).toMatchObject({ by: 'db' });
      for (const address of ['10.9.0.1', 'fd09::1'])
        expect(await host.connect(peer, { address, port: 80 })).toMatchObject({ by: 'app' });

      const during = await host.save();
      for (const part of [
        'iptables',
        'ip6tables',
        'iptables-legacy',
        'ip6tables-legacy',
        'ipset',
        ...routing,
      ])
        expect(missing(before[0][part], during[part]), part).toEqual([]);

      const destroyed = await host.netwright(['destroy']);
      expect(destroyed).toMatchObject({ exitCode: 0, stderr: '' });
      expect(await save()).toEqual(before);
      expect((await host.netwright(['destroy'])).exitCode).toBe(0);
    }
  },
);
