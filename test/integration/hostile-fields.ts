/** A file that says nothing hostile: what must go on as it is, whatever is added. */
const plainFile = {
  networks: {
    front: { subnet: '172.30.1.0/24' },
    back: { subnet: '172.30.2.0/24' },
  },
  ips: {
    '172.30.1.20': { container_name: 'app' },
    '172.30.2.10': { container_name: 'db' },
  },
  policies: [
    { from: 'app', to: 'db', port: 5432 },
    { from: 'app', to: 'db', port: 6000, action: 'drop', log: true },
    { nat: 'dnat', iface: 'lan0', to: 'db', port: 8080, to_port: 5432 },
    { nat: 'masquerade', iface: 'lan0', from: '10.66.0.0/16' },
  ],
  routing: [{ routes: [{ to: '10.60.0.0/24', via: '172.30.1.20' }] }],
} as const;

/** What is added to the plain file: new entries of its maps and lists. */
export interface Addition {
  readonly networks?: Readonly<Record<string, object>>;
  readonly ips?: Readonly<Record<string, object>>;
  readonly policies?: readonly object[];
  readonly routing?: readonly object[];
}

/** The plain file with the additions, in their order. */
export function fileWith(additions: readonly Addition[]): object {
  const maps = (part: 'networks' | 'ips') =>
    Object.assign({}, plainFile[part], ...additions.map((each) => each[part] ?? {})) as object;
  const lists = (part: 'policies' | 'routing') => [
    ...plainFile[part],
    ...additions.flatMap((each) => each[part] ?? []),
  ];
  return {
    networks: maps('networks'),
    ips: maps('ips'),
    policies: lists('policies'),
    routing: lists('routing'),
  };
}

type Field = readonly [name: string, addition: (text: string) => Addition];

const allowed = { from: 'app', to: 'db' } as const;

/** Texts that only name or describe: whatever is in them, the same packets pass. */
export const describingFields: readonly Field[] = [
  ['policy name', (text) => ({ policies: [{ ...allowed, port: 7001, name: text }] })],
  ['policy description', (text) => ({ policies: [{ ...allowed, port: 7002, description: text }] })],
  [
    'name of what is logged',
    (text) => ({
      policies: [{ ...allowed, port: 7003, name: text, description: text, log: true, action: 'reject' }],
    }),
  ],
  [
    'selector',
    (text) => ({
      ips: { '172.30.1.77': { selector: text } },
      policies: [
        { from: text, to: 'db', port: 7004 },
        { from: 'app', selector: text, port: '7100-7200', log: true },
      ],
    }),
  ],
  [
    'service',
    (text) => ({
      ips: { '172.30.1.78': { service_name: text } },
      policies: [{ from: 'db', service_name: text, port: 7005, proto: 'udp' }],
    }),
  ],
  [
    'container',
    (text) => ({
      ips: { '172.30.1.79': { container_name: text } },
      policies: [{ from: text, to: 'db', port: 7006, action: 'drop' }],
    }),
  ],
  ['key of an address', (text) => ({ ips: { [text]: { ip: '172.30.1.80', container_name: 'nobody' } } })],
  ['label asked for', (text) => ({ policies: [{ from: `label:${text}=${text}`, to: 'db', port: 7007 }] })],
];

const on = (name: string) => ({ 'com.docker.network.bridge.name': name });
const dnat = { nat: 'dnat', to_port: 5433 } as const;
const via = '10.9.0.2';
/** Nobody looks here. */
const table = 78;

/** Texts that mean something: a network, an interface, a namespace, a route, a sysctl. */
export const meaningFields: readonly Field[] = [
  ['interface of a DNAT', (text) => ({ policies: [{ ...dnat, iface: text, to: 'db', port: 7301 }] })],
  ['target of a DNAT', (text) => ({ policies: [{ ...dnat, iface: 'lan0', to: text, port: 7302 }] })],
  ['namespace of a DNAT', (text) => ({ policies: [{ ...dnat, in: text, to: 'db', port: 7303 }] })],
  ['way out', (text) => ({ policies: [{ nat: 'masquerade', iface: text, from: '10.77.1.0/24' }] })],
  ['one of several names', (text) => ({ policies: [{ from: ['app', text], to: 'db', port: 7304 }] })],
  ['namespace of a route', (text) => ({ routing: [{ in: text, routes: [{ to: '10.77.2.0/24', via }] }] })],
  ['interface of a route', (text) => ({ routing: [{ routes: [{ to: '10.77.3.0/24', dev: text }] }] })],
  ['next hop', (text) => ({ routing: [{ routes: [{ to: '10.77.4.0/24', via: text }] }] })],
  ['source of a route', (text) => ({ routing: [{ routes: [{ to: '10.77.5.0/24', via, src: text }] }] })],
  ['destination', (text) => ({ routing: [{ routes: [{ to: text, via, table: 77 }] }] })],
  ['table', (text) => ({ routing: [{ routes: [{ to: '10.77.6.0/24', via, table: text }] }] })],
  ['sender', (text) => ({ routing: [{ rules: [{ from: text, table, priority: 30_771 }] }] })],
  ['way in', (text) => ({ routing: [{ rules: [{ iif: text, oif: text, table, priority: 30_772 }] }] })],
  ['mark', (text) => ({ routing: [{ rules: [{ fwmark: text, table, priority: 30_773 }] }] })],
  ['sysctl', (text) => ({ routing: [{ sysctls: { [text]: 1 } }] })],
  ['value of a sysctl', (text) => ({ routing: [{ sysctls: { 'net.ipv4.conf.lan0.rp_filter': text } }] })],
  [
    'name of a network',
    (text) => ({
      networks: { named: { network_name: text, subnet: '172.30.77.0/24', options: on('nwtext1') } },
    }),
  ],
  [
    'key of a network',
    (text) => ({ networks: { [text]: { subnet: '172.30.78.0/24', options: on('nwtext2') } } }),
  ],
  [
    'labels and options',
    (text) => ({
      networks: {
        labelled: {
          subnet: '172.30.79.0/24',
          labels: { [text]: text },
          options: { [text]: text, ...on('nwtext3') },
        },
      },
    }),
  ],
  ['alias', (text) => ({ ips: { '172.30.1.90': { container_name: 'other', aliases: [text] } } })],
];

/** What is in every line of the kernel that comes of these fields. */
export const meaningMark =
  /\b730\d\b|10\.77\.|172\.30\.7[789]\.|172\.30\.1\.90|nwtext\d|veth|other is in|answers (from|to) |\b(table|lookup) 7[78]\b|lan0\/rp_filter|(FORWARD|DOCKER|BETWEEN|POSTROUTING).*nwtext/;
