import { describeMessages } from './messages.ts';

describeMessages([
  [
    'a name the engines refuse',
    'networks:\n  a b: { subnet: 10.0.0.0/24 }\n',
    ':2:3  "a b" cannot be a network\'s name: letters, digits and _.-, beginning with a letter or digit',
    '  keep the key and give the network a network_name',
  ],
  [
    'a reserved name',
    'networks: { host: { subnet: 10.0.0.0/24 } }\n',
    ':1:13  "host" cannot be a network\'s name: it is reserved',
  ],
  [
    'a bridge that rules cannot name',
    'networks: { a: { subnet: 10.0.0.0/24, options: { com.docker.network.bridge.name: br+ } } }\n',
    ':1:82  "br+" cannot be a bridge\'s name: at most 15 of the characters A-Z a-z 0-9 _ . @ -, not beginning with -',
    '  without it netwright gives the bridge a name',
  ],
]);
