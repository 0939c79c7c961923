import { describeMessages, net } from './messages.ts';

describeMessages([
  [
    'a key that is no address',
    `${net}ips: { web: { container_name: web } }\n`,
    ':2:8  "web" has no ip, and is no address itself',
  ],
  ['an ip that is none', `${net}ips: { web: { ip: 10.0.0.300 } }\n`, ':2:19  "10.0.0.300" is no address'],
  [
    'a container outside every subnet',
    `${net}ips: { 10.9.0.2: { container_name: web } }\n`,
    ":2:8  10.9.0.2 is in no subnet of the file's networks",
    '  declare its network, or correct the address',
  ],
  [
    'a name outside every subnet',
    `${net}ips: { 10.9.0.2: { selector: web } }\n`,
    ":2:8  warning: 10.9.0.2 is in no subnet of the file's networks: it is only a name for policies",
  ],
  [
    'an ip outside its network',
    `${net}ips: { 10.9.0.2: { network_name: n, container_name: web } }\n`,
    ':2:8  10.9.0.2 is outside the subnet of "n" (10.0.0.0/24)',
  ],
  [
    'an unknown network',
    `${net}ips: { 10.0.0.2: { network_name: m } }\n`,
    ':2:34  no network is called "m"',
    '  did you mean "n"?',
  ],
  [
    'the gateway',
    `${net}ips: { 10.0.0.1: { container_name: web } }\n`,
    ':2:8  10.0.0.1 is the gateway of "n"',
    '  as_gateway: true makes the container the gateway',
  ],
  [
    'the network address',
    `${net}ips: { 10.0.0.0: { container_name: web } }\n`,
    ':2:8  10.0.0.0 is the network address of "n"',
  ],
  [
    'the broadcast address',
    `${net}ips: { 10.0.0.255: { container_name: web } }\n`,
    ':2:8  10.0.0.255 is the broadcast address of "n"',
  ],
  [
    'an address claimed twice',
    `${net}ips:\n  10.0.0.2: { container_name: a }\n  b: { ip: 10.0.0.2, container_name: b }\n`,
    ':4:3  10.0.0.2 is claimed twice; the other is at F:3:3',
  ],
  [
    'two addresses for one place',
    `${net}ips:\n  10.0.0.2: { container_name: a }\n  10.0.0.3: { container_name: a }\n`,
    ':4:3  "a" in "n" has a second IPv4 address; the other is at F:3:3',
  ],
  [
    'a MAC address claimed twice',
    `${net}ips:\n  10.0.0.2: { container_name: a, mac_address: "02:00:00:00:00:0a" }\n  10.0.0.3: { container_name: b, mac_address: "02:00:00:00:00:0A" }\n`,
    ':4:3  02:00:00:00:00:0a is claimed twice in "n"; the other is at F:3:3',
  ],
  [
    'an address the engine may give away',
    'networks: { n: { subnet: 10.0.0.0/24, ip_range: 10.0.0.128/25 } }\nips: { 10.0.0.200: { container_name: web } }\n',
    ':2:8  warning: 10.0.0.200 is in the ip_range of "n": the engine may give it to another container first',
    '  keep declared addresses outside 10.0.0.128/25',
  ],
  [
    'a key and an ip that differ',
    `${net}ips: { 10.0.0.3: { ip: 10.0.0.2, container_name: a } }\n`,
    ':2:24  warning: the ip is 10.0.0.2, its key says 10.0.0.3',
    '  the ip counts',
  ],
]);
