/** What a set of chains as other firewalls make them is put in with, table by table. */
type Table = 'raw' | 'mangle' | 'nat' | 'filter';

/**
 * The rules of a server on which several firewalls have been at work, for `iptables-restore --noflush`: the chains of one like ufw, of one
 * like firewalld in its iptables days, of one like CSF with its long lists, and what people add by hand, in `userChain` above all.
 */
export function crowdRules(family: 4 | 6, userChain: string | undefined): string {
  const tables: Readonly<Record<Table, readonly string[]>> = {
    raw: [
      ':PREROUTING_direct - [0:0]',
      '-A PREROUTING -j PREROUTING_direct',
      '-A PREROUTING_direct -p udp -m udp --dport 5353 -j ACCEPT',
      '-A OUTPUT -o lo -j CT --notrack',
    ],
    mangle: [
      ':QOS - [0:0]',
      '-A PREROUTING -i lo -j MARK --set-xmark 0x7/0xff',
      '-A POSTROUTING -j QOS',
      '-A INPUT -p tcp -m tcp --dport 9 -j RETURN',
      '-A FORWARD -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu',
      '-A OUTPUT -p udp -m udp --dport 123 -j RETURN',
      ...ports(40).map((port) => `-A QOS -p tcp -m tcp --sport ${port} -j MARK --set-xmark 0x40/0xf0`),
    ],
    nat: [
      ':POST_public - [0:0]',
      ':POST_public_allow - [0:0]',
      '-A PREROUTING -p tcp -m tcp --dport 9 -m addrtype --dst-type LOCAL -j RETURN',
      '-A INPUT -p tcp -m tcp --dport 9 -j RETURN',
      '-A OUTPUT -p tcp -m tcp --dport 9 -j RETURN',
      '-A POSTROUTING -o wg0 -j POST_public',
      '-A POST_public -j POST_public_allow',
      `-A POST_public_allow -s ${outsider(family, 66)} -j MASQUERADE`,
    ],
    filter: [
      ...ufwLike(family),
      ...csfLike(family),
      ...(userChain === undefined ? [] : userRules(family, userChain)),
      '-A FORWARD -m comment --comment "by hand, not \\"ours\\": NETWRIGHT-FORWARD" -i lan0 -o wg0 -j ACCEPT',
      ':NETWRIGHT-FOREIGN - [0:0]',
      '-A NETWRIGHT-FOREIGN -j RETURN',
    ],
  };
  return Object.entries(tables)
    .flatMap(([table, lines]) => [`*${table}`, ...chainsFirst(lines), 'COMMIT', ''])
    .join('\n');
}

/** The rules people keep where the engine leaves them alone, one of which mentions a chain that is named like ours. */
function userRules(family: 4 | 6, chain: string): readonly string[] {
  return [
    `-I ${chain} 1 -s ${outsider(family, 7)} -j DROP`,
    `-I ${chain} 2 -m set --match-set ${family === 4 ? 'crowd-blocked' : 'crowd-blocked6'} src -j DROP`,
    `-A ${chain} -m limit --limit 5/min -j LOG --log-prefix "-j NETWRIGHT-FORWARD "`,
  ];
}

function ufwLike(family: 4 | 6): readonly string[] {
  const name = (part: string): string => `ufw${family === 6 ? '6' : ''}-${part}`;
  const hooks = ['input', 'forward', 'output'].flatMap((hook) => [
    `:${name(`before-${hook}`)} - [0:0]`,
    `:${name(`user-${hook}`)} - [0:0]`,
    `:${name(`after-${hook}`)} - [0:0]`,
    `-A ${hook.toUpperCase()} -j ${name(`before-${hook}`)}`,
    `-A ${hook.toUpperCase()} -j ${name(`after-${hook}`)}`,
    `-A ${name(`before-${hook}`)} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`,
    `-A ${name(`before-${hook}`)} -j ${name(`user-${hook}`)}`,
    `-A ${name(`after-${hook}`)} -m limit --limit 3/min --limit-burst 10 -j LOG --log-prefix "[BLOCK] "`,
  ]);
  const opened = ports(30).map(
    (port) =>
      `-A ${name('user-input')} -p tcp -m tcp --dport ${port} -m comment --comment "app ${port}" -j ACCEPT`,
  );
  return [...hooks, ...opened];
}

function csfLike(family: 4 | 6): readonly string[] {
  const denied = Array.from({ length: 150 }, (_, at) => `-A DENYIN -s ${outsider(family, at + 20)} -j DROP`);
  const allowed = Array.from(
    { length: 50 },
    (_, at) => `-A ALLOWIN -s ${outsider(family, at + 180)} -j ACCEPT`,
  );
  return [
    ':LOCALINPUT - [0:0]',
    ':ALLOWIN - [0:0]',
    ':DENYIN - [0:0]',
    ':INVALID - [0:0]',
    '-A INPUT -i lan0 -j LOCALINPUT',
    '-A LOCALINPUT -j ALLOWIN',
    '-A LOCALINPUT -j DENYIN',
    '-A LOCALINPUT -m conntrack --ctstate INVALID -j INVALID',
    '-A INVALID -p tcp -m multiport --dports 135,137:139,445 -j DROP',
    ...allowed,
    ...denied,
  ];
}

/** Native tables of their own, with sets, maps and verdicts, as a newer firewall makes them. */
export const nftTables = `
table inet crowd_wall {
  set trusted { type ipv4_addr; flags interval; elements = { 10.99.0.0/16, 192.0.2.0/25 }; }
  chain logged { counter accept comment "NETWRIGHT-FORWARD"; }
  map services { type inet_service : verdict; elements = { 22 : accept, 4433 : jump logged }; }
  chain forward {
    type filter hook forward priority 5; policy accept;
    ip saddr @trusted counter accept
    tcp dport vmap @services
  }
  chain input {
    type filter hook input priority 5; policy accept;
    iifname "lan0" tcp dport { 139, 445 } drop
  }
}
table ip crowd_nat {
  chain prerouting {
    type nat hook prerouting priority -90; policy accept;
    iifname "lan0" tcp dport 2222 redirect to :22
  }
}
table netdev crowd_early {
  chain ingress { type filter hook ingress device "lan0" priority 0; policy accept; }
}
`;

export const ipsets = [
  'create crowd-blocked hash:net family inet comment counters',
  'create crowd-blocked6 hash:net family inet6',
  'create netwright-looks-like hash:ip',
  'add netwright-looks-like 192.0.2.9',
  ...Array.from(
    { length: 300 },
    (_, at) => `add crowd-blocked 198.18.${at % 256}.${at >> 8}/32 comment "seen ${at}"`,
  ),
  ...Array.from({ length: 100 }, (_, at) => `add crowd-blocked6 2001:db8:${at.toString(16)}::/48`),
].join('\n');

/** Routes, rules and sysctls somebody made by hand, some of them in the tables our files speak of. */
export const routing = `
echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
ip link add crowd0 type bridge; ip link set crowd0 up; ip address add 10.97.0.1/24 dev crowd0
for at in $(seq 1 60); do echo "route add 10.96.$at.0/24 via 10.9.0.2 proto 77 metric $at"; done | ip -batch -
ip route add default via 10.9.0.2 table 200 metric 7; ip route add blackhole 10.67.0.0/16 table 200
ip -6 route add fd97::/32 via fd09::2 proto bird; ip -6 route add unreachable fd98::/32
ip rule add fwmark 0x9 table 200 priority 100; ip rule add from 10.97.0.0/24 table 201 priority 32000
ip -6 rule add from fd97::/32 table 201 priority 90
echo 2 >/proc/sys/net/ipv4/conf/crowd0/rp_filter; echo 1 >/proc/sys/net/ipv4/conf/lan0/src_valid_mark
`;

function ports(count: number): readonly number[] {
  return Array.from({ length: count }, (_, at) => 3000 + 7 * at);
}

/** An address of documentation that nobody here has. */
function outsider(family: 4 | 6, at: number): string {
  return family === 4 ? `203.0.${112 + (at >> 8)}.${at & 255}/32` : `2001:db8:ffff::${at.toString(16)}/128`;
}

/** iptables-restore wants a chain declared before a rule names it. */
function chainsFirst(lines: readonly string[]): readonly string[] {
  const isChain = (line: string): boolean => line.startsWith(':');
  return [...lines.filter(isChain), ...lines.filter((line) => !isChain(line))];
}
