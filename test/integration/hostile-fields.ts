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
