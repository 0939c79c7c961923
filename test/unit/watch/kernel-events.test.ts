import { expect, test } from 'vitest';
import { isGeneration, isRoutingChange } from '../../../src/watch/kernel-events.ts';

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
])('looked at: %s', (line) => {
  expect(isRoutingChange(line)).toBe(true);
});

test.each([
  '',
  '    link/ether 7e:4a:7e:30:ad:de brd ff:ff:ff:ff:ff:ff',
  '4: veth6a7a02f@if3: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 master docker0 state UP ',
  'Deleted 3: veth2b3ee24@NONE: <BROADCAST,MULTICAST> mtu 1500 qdisc noop state DOWN group default ',
  'fe80::/64 dev veth6a7a02f proto kernel metric 256 pref medium',
  'Deleted fe80::/64 dev docker0 proto kernel metric 256 linkdown pref medium',
  'multicast ff00::/8 dev docker0 table local proto kernel metric 256 pref medium',
  'local fe80::42:83ff:feef:bc54 dev docker0 table local proto kernel metric 0 pref medium',
])('passed over: %s', (line) => {
  expect(isRoutingChange(line)).toBe(false);
});

test('of a transaction in the rules the line that ends it is looked at', () => {
  expect(isGeneration('# new generation 191 by process 7440 (iptables)')).toBe(true);
  expect(isGeneration('add rule ip filter NETWRIGHT-FORWARD accept')).toBe(false);
});
