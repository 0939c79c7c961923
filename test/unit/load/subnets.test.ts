import { describeMessages } from './messages.ts';

describeMessages([
  [
    'a subnet that is none',
    'networks: { n: { subnet: 10.0.0.300/24 } }\n',
    ':1:26  subnet: "10.0.0.300/24" is no subnet',
    "  an address and how many bits are the network's, such as 172.18.103.0/24 or fd00:104::/64",
  ],
  [
    'host bits',
    'networks: { n: { subnet: 10.0.0.7/24 } }\n',
    ':1:26  warning: subnet: 10.0.0.7/24 has bits set beyond its prefix; taken as 10.0.0.0/24',
    '  write 10.0.0.0/24',
  ],
  [
    'a subnet of everything',
    'networks: { n: { subnet: 0.0.0.0/0 } }\n',
    ':1:26  subnet 0.0.0.0/0 is too wide: /8 at most',
  ],
  [
    'a loopback subnet',
    'networks: { n: { subnet: 127.0.0.0/24 } }\n',
    ':1:26  subnet 127.0.0.0/24 holds addresses no container can have',
  ],
  [
    'two IPv4 subnets',
    'networks: { n: { subnet: [10.0.0.0/24, 10.1.0.0/24] } }\n',
    ':1:40  a second IPv4 subnet: a network has one of each family',
  ],
  [
    'a gateway outside',
    'networks: { n: { subnet: 10.0.0.0/24, gateway: 10.0.1.1 } }\n',
    ':1:48  gateway 10.0.1.1 is outside its subnet 10.0.0.0/24',
  ],
  [
    'a broadcast gateway',
    'networks: { n: { subnet: 10.0.0.0/24, gateway: 10.0.0.255 } }\n',
    ':1:48  gateway 10.0.0.255 is the network or broadcast address of 10.0.0.0/24',
  ],
  [
    'a gateway of another family',
    'networks: { n: { subnet: 10.0.0.0/24, gateway: "fd00::1" } }\n',
    ':1:48  gateway fd00::1: the network has no IPv6 subnet',
  ],
  [
    'an ip_range outside',
    'networks: { n: { subnet: 10.0.0.0/24, ip_range: 10.0.1.0/25 } }\n',
    ':1:49  ip_range 10.0.1.0/25 is outside its subnet 10.0.0.0/24',
  ],
]);
