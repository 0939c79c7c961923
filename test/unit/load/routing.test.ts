import { describeMessages } from './messages.ts';

describeMessages([
  [
    'a route to nowhere',
    'routing: [{ routes: [{ to: 10.0.0.0/8 }] }]\n',
    ':1:22  the route to 10.0.0.0/8 has neither via nor dev',
    '  add via: (the next hop) or dev: (the interface)',
  ],
  [
    'a route of two families',
    'routing: [{ routes: [{ to: 10.0.0.0/8, via: "fd00::1" }] }]\n',
    ':1:22  IPv4 and IPv6 addresses in one entry',
  ],
  [
    'a blackhole that leads somewhere',
    'routing: [{ routes: [{ to: 10.0.0.0/8, type: blackhole, dev: wg0 }] }]\n',
    ':1:62  a blackhole route leads nowhere: no via, no dev',
  ],
  [
    'a mark outside its mask',
    'routing: [{ rules: [{ fwmark: 0x100/0xff, table: 200 }] }]\n',
    ':1:31  fwmark 0x100/0xff can never match: the mark has bits outside its mask',
  ],
  [
    'a mark of no bit',
    'routing: [{ rules: [{ fwmark: 0/0, table: 200 }] }]\n',
    ':1:31  fwmark 0/0 says nothing of any mark: its mask is empty',
  ],
  [
    'a route twice',
    'routing:\n  - routes: [{ to: default, dev: wg0 }]\n  - routes: [{ to: 0.0.0.0/0, dev: wg1 }]\n',
    ':3:14  this route is there twice; the other is at F:2:14',
  ],
  [
    'a place nobody knows',
    'routing: [{ in: vpn, sysctls: { net.ipv4.ip_forward: 1 } }]\n',
    ':1:17  warning: nothing in the file is called "vpn"',
    '  it waits for a container of that name',
  ],
]);
