import { describeMessages, web } from './messages.ts';

describeMessages([
  [
    'two DNATs for one port',
    `${web}policies:\n  - { nat: dnat, iface: wg0, to: web, port: 80-90 }\n  - { nat: dnat, iface: wg0, to: 10.0.0.9, port: 85 }\n`,
    ':5:5  a second DNAT for the same interface, port and protocol; the other is at F:4:5',
  ],
]);
