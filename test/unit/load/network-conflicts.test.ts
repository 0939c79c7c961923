import { describeMessages } from './messages.ts';

describeMessages([
  [
    'overlapping subnets',
    'networks:\n  a: { subnet: 10.0.0.0/16 }\n  b: { subnet: 10.0.9.0/24 }\n',
    ':3:16  subnet 10.0.9.0/24 of "b" overlaps 10.0.0.0/16 of "a"; the other is at F:2:16',
  ],
  [
    'one name for two networks',
    'networks:\n  a: { subnet: 10.0.0.0/24 }\n  b: { network_name: a, subnet: 10.1.0.0/24 }\n',
    ':3:3  two networks are called "a"; the other is at F:2:3',
  ],
  [
    'one bridge for two networks',
    'networks:\n  a: { subnet: 10.0.0.0/24, options: { com.docker.network.bridge.name: br0 } }\n  b: { subnet: 10.1.0.0/24, options: { com.docker.network.bridge.name: br0 } }\n',
    ':3:72  two networks have the bridge "br0"; the other is at F:2:72',
  ],
]);
