import { describeMessages } from './messages.ts';

describeMessages([
  [
    'a list at the top',
    '[]',
    ':1:1  the file: expected a map with networks, ips, policies, routing, found an empty list',
  ],
  ['an unknown key', 'polices: []\n', ':1:1  unknown key "polices"', '  did you mean "policies"?'],
  [
    'a key of no known kind',
    'zebra: 1\n',
    ':1:1  unknown key "zebra"',
    '  known here: $schema, strict, sets, networks, ips, policies, routing, discovery, on_demand, startup_script, shutdown_script',
  ],
  [
    'an unknown key of a policy',
    'policies:\n  - from: any\n    to: any\n    prot: tcp\n',
    ':4:5  unknown key "prot" in policies[0]',
    '  did you mean "proto"?',
  ],
  [
    'a key in upper case',
    'policies: [{ FROM: any, to: any }]\n',
    ':1:14  unknown key "FROM" in policies[0]',
    '  did you mean "from"?',
  ],
  ['no subnet', 'networks:\n  n: {}\n', ':2:3  networks.n has no subnet'],
  [
    'a network of nothing',
    'networks:\n  n:\n',
    ':2:5  networks.n: expected a network: a map with at least a subnet, found nothing',
  ],
  [
    'networks as a list',
    'networks: []\n',
    ':1:11  networks: expected a map of networks, found an empty list',
  ],
  [
    'a port too high',
    'policies: [{ from: any, to: any, port: 70000 }]\n',
    ':1:40  policies[0].port: expected a port from 1 to 65535, a range such as "8000-8100", or a list of these, found 70000',
  ],
  [
    'a protocol in upper case',
    'policies: [{ from: any, to: any, proto: TCP }]\n',
    ':1:41  policies[0].proto: expected tcp, udp, sctp, icmp or any, found "TCP"',
    '  did you mean "tcp"?',
  ],
  [
    'yes for true',
    'strict: yes\n',
    ':1:9  strict: expected true or false, found "yes"',
    '  write true or false',
  ],
  [
    'a number for a name',
    'ips: { 10.0.0.2: { container_name: 7 } }\n',
    ':1:36  ips["10.0.0.2"].container_name: expected a name: 1 to 255 characters, no control characters, no space at either end, found 7',
    '  as text it needs quotes: "7"',
  ],
  [
    'an interface that is none',
    'policies: [{ nat: dnat, iface: "a b", to: 10.0.0.1 }]\n',
    ':1:32  policies[0].iface: expected an interface name: at most 15 of the characters A-Z a-z 0-9 _ . @ : + -, not beginning with -, found "a b"',
  ],
  [
    'a sysctl that leaves net',
    'routing: [{ sysctls: { net.//.kernel.x: 1 } }]\n',
    ':1:24  routing[0].sysctls: "net.//.kernel.x" does not belong in a map of sysctl names under net. to values',
  ],
]);
