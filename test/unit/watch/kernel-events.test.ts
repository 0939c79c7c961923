import { describe, expect, test } from 'vitest';
import { hearRules, type KernelListener, routingChange } from '../../../src/watch/kernel-events.ts';

// Lines as nft 1.0.6 and iproute2 6.1 printed them on a host whose containers came and went.

test.each([
  '10.9.0.0/24 via 192.168.1.1 dev eth0 proto 78 ',
  'Deleted 10.9.0.0/24 via 192.168.1.1 dev eth0 proto 78 ',
  'Deleted default via 192.168.1.1 dev eth0 table 200 proto 78 ',
  '172.18.103.0/24 dev br-1 proto kernel scope link src 172.18.103.1 ',
  'fe80::/10 via 192.168.1.1 dev eth0 proto static metric 1024 pref medium',
  '32765:	from all fwmark 0x2 lookup 200 proto 78',
  'Deleted 32765:	from all fwmark 0x2 lookup 200 proto 78',
  '7: wg0: <POINTOPOINT,NOARP,UP,LOWER_UP> mtu 1420 qdisc noqueue state UNKNOWN group default ',
  '2: docker0: <NO-CARRIER,BROADCAST,MULTICAST,UP> mtu 1500 qdisc noqueue state DOWN group default ',
  'Deleted 2: eth0    inet 172.20.5.1/32 metric 78 scope 0 eth0',
  'Deleted 18: vethf392aad    inet 172.20.5.1/32 metric 78 scope 0 eth0',
  'Deleted 2: eth0    inet6 fd00::1/128 metric 78 scope 0 ',
])('looked at: %s', (line) => {
  expect(routingChange(line)).toBe('routes host');
  expect(routingChange(`[nsid current]${line}`)).toBe('routes host');
  expect(routingChange(`[nsid 0]${line}`)).toBe('routes inside');
});

test.each([
  '',
  '    link/ether 7e:4a:7e:30:ad:de brd ff:ff:ff:ff:ff:ff',
  '4: veth6a7a02f@if3: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 master docker0 state UP ',
  'Deleted 3: veth2b3ee24@NONE: <BROADCAST,MULTICAST> mtu 1500 qdisc noop state DOWN group default ',
  'fe80::/64 dev veth6a7a02f proto kernel metric 256 pref medium',
  'Deleted fe80::/64 dev docker0 proto kernel metric 256 linkdown pref medium',
  'multicast ff00::/8 dev docker0 table local proto kernel metric 256 pref medium',
  '[nsid current]Deleted 5 ff00::/8 dev br-ca289d0e8280 table 255 proto 2 metric 256 pref medium',
  '[nsid current]2 172.30.1.1 dev br-ca289d0e8280 table 255 proto 2 scope 254 src 172.30.1.1 ',
  '[nsid current]11: veth96f85cd@if10: <NO-CARRIER,BROADCAST,MULTICAST,UP> mtu 1500 qdisc noqueue state DOWN',
  'local fe80::42:83ff:feef:bc54 dev docker0 table local proto kernel metric 0 pref medium',
  '2: eth0    inet 172.20.5.1/32 metric 78 scope 0 eth0',
  'Deleted 18: vethf392aad    inet 172.20.5.129/24 brd 172.20.5.255 scope 0 eth0',
  '       valid_lft forever preferred_lft forever',
  '2: eth0    inet6 fd00::5/64 scope 0 tentative ',
  'Deleted 2: eth0    inet6 fe80::42:83ff:feef:bc54/64 scope 253 ',
  'Deleted 7: veth96f85cd    inet6 fd00::7/64 scope 0 ',
])('passed over: %s', (line) => {
  expect(routingChange(line)).toBeUndefined();
});

describe('transactions in the rules', () => {
  /** What a listener is told of these lines; `ours` are the processes that are recognised, each once. */
  function told(lines: readonly string[], ours: readonly string[] = []): readonly string[] {
    const said: string[] = [];
    const left = [...ours];
    const listener: KernelListener = {
      changed: (area, by) => said.push(by === undefined ? area : `${area} by ${by.name} ${by.pid}`),
      isOurs: (_namespace, { name }) => {
        const index = left.indexOf(name);
        return index !== -1 && left.splice(index, 1).length > 0;
      },
      unavailable: () => undefined,
    };
    const heard = hearRules('host');
    for (const line of lines) heard(line, listener);
    return said;
  }
  const flush = ['delete rule ip filter NETWRIGHT-FORWARD handle 2'];
  const by = (name: string, pid = 7) => `# new generation 191 by process ${pid} (${name})`;

  test('one that touches a chain of ours is told with its process', () => {
    expect(told([...flush, by('iptables', 7440)])).toEqual(['rules host by iptables 7440']);
  });

  test.each([
    'insert rule ip filter FORWARD counter packets 0 bytes 0 accept',
    'insert rule ip filter DOCKER-USER counter packets 0 bytes 0 drop',
    'add chain ip filter FORWARD { type filter hook forward priority filter; policy accept; }',
    'delete chain ip6 nat NETWRIGHT-POSTROUTING',
    'delete table ip filter',
    'something this program has never seen',
  ])('looked at: %s', (line) => {
    expect(told([line, by('nft')])).toEqual(['rules host by nft 7']);
  });

  test.each([
    'insert rule ip nat DOCKER iifname "br-ca289d0e8280" counter packets 0 bytes 0 return',
    'delete rule ip filter ufw-user-input handle 5',
    'add chain ip filter f2b-sshd',
    'add rule inet netavark FORWARD counter packets 0 bytes 0 accept',
    'add element ip filter banned { 192.0.2.1 }',
  ])('passed over: %s', (line) => {
    expect(told([line, by('iptables')])).toEqual([]);
  });

  test('what one transaction touched is not held against the next', () => {
    expect(told([...flush, by('a'), by('b')])).toEqual(['rules host by a 7']);
  });

  test('ours are told apart, each once: one more by a program of the same name is somebody else', () => {
    const [ours, other] = [by('iptables-nft-re', 1), by('iptables-nft-re', 2)];
    expect(told([...flush, ours], ['iptables-nft-re'])).toEqual([]);
    expect(told([...flush, ours, ...flush, other], ['iptables-nft-re'])).toEqual([
      'rules host by iptables-nft-re 2',
    ]);
  });

  test('one of ours that only touched what does not concern us is counted all the same', () => {
    expect(told([by('nft'), ...flush, by('nft', 9)], ['nft'])).toEqual(['rules host by nft 9']);
  });

  test('events the kernel had no room for are looked at, whoever made them', () => {
    expect(told(['# ERROR: We lost some netlink events!'])).toEqual(['rules host']);
  });

  test('a process may have any name, and none is one too', () => {
    expect(told([...flush, by('a) (b'), ...flush, '# new generation 3'])).toEqual([
      'rules host by a) (b 7',
      'rules host',
    ]);
  });

  test('a process whose name has several lines is heard, and is nobody', () => {
    expect(told([...flush, '# new generation 4 by process 7 (a', 'b)'])).toEqual(['rules host']);
  });
});
