import { describeMessages, web } from './messages.ts';

describeMessages([
  [
    'no target',
    'policies: [{ from: any }]\n',
    ':1:12  the policy has neither a target nor nat',
    '  add to: (a name, an address, or any)',
  ],
  [
    'no source',
    'policies: [{ to: any }]\n',
    ':1:12  the policy has neither from nor nat',
    '  add from: (any, for everybody) or nat: dnat',
  ],
  [
    'a DNAT to nowhere',
    'policies: [{ nat: dnat, iface: wg0 }]\n',
    ':1:12  nat: dnat has no target',
    '  add to:',
  ],
  [
    'a DNAT nowhere',
    `${web}policies: [{ nat: dnat, to: web }]\n`,
    ':3:12  nat: dnat says nowhere where it happens',
    '  add iface: (on the host), or selector: or in: (in a container)',
  ],
  [
    'masquerade without an interface',
    'policies: [{ nat: masquerade }]\n',
    ':1:19  nat: masquerade needs the interface packets leave by',
    '  add iface:',
  ],
  [
    'to_port without a DNAT',
    'policies: [{ from: any, to: any, to_port: 80 }]\n',
    ':1:43  to_port has a meaning only with nat: dnat',
  ],
  [
    'a port of icmp',
    'policies: [{ from: any, to: any, proto: icmp, port: 80 }]\n',
    ':1:53  port: icmp has no ports',
  ],
  [
    'a reversed range',
    'policies: [{ from: any, to: any, port: 90-80 }]\n',
    ':1:40  the range 90-80 is reversed',
    '  write "80-90"',
  ],
  [
    'a range beyond the last port',
    'policies: [{ from: any, to: any, port: [80, 1-70000] }]\n',
    ':1:45  "1-70000": ports go from 1 to 65535',
  ],
  [
    'a range to another range',
    `${web}policies: [{ nat: dnat, iface: wg0, to: web, port: 80-90, to_port: 8080-8090 }]\n`,
    ':3:68  to_port: a range of ports can be translated to itself or to one port, not to another range',
  ],
]);
