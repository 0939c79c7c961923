import fc from 'fast-check';
import type { NetworksFile } from '../../src/model/networks-file.ts';

const optional = <T>(field: string, value: fc.Arbitrary<T>): fc.Arbitrary<Record<string, T>> =>
  fc.option(value).map((chosen) => (chosen === null ? {} : { [field]: chosen }));

const together = (...parts: readonly fc.Arbitrary<object>[]): fc.Arbitrary<object> =>
  fc.tuple(...parts).map((objects) => Object.assign({}, ...objects) as object);

const word = fc.stringMatching(/^[a-z][a-z0-9-]{2,9}$/);
const port = fc.integer({ min: 1, max: 65535 });
const range = fc.tuple(port, port).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`);
const ports = fc.oneof(
  port,
  range,
  port.map(String),
  fc.array(fc.oneof(port, range), { minLength: 1, maxLength: 4 }),
);
const protocol = fc.constantFrom('tcp', 'udp', 'sctp');

const network = (index: number): fc.Arbitrary<object> =>
  together(
    fc.constantFrom(
      { subnet: `10.${index}.0.0/16`, gateway: `10.${index}.0.1` },
      { subnet: [`10.${index}.0.0/16`, `fd00:${index}::/64`], gateway: `10.${index}.0.1` },
    ),
    optional('internal', fc.boolean()),
    optional('mtu', fc.integer({ min: 1280, max: 9000 })),
    optional('on_conflict', fc.constantFrom('fail', 'recreate')),
    optional('labels', fc.dictionary(word, fc.oneof(word, fc.boolean(), fc.nat()))),
  );

const policy = (names: readonly string[]): fc.Arbitrary<object> => {
  const name = fc.oneof(fc.constantFrom('any', '192.168.7.0/24', 'label:app=web', ...names), word);
  const forward = together(
    name.map((from) => ({ from })),
    name.map((to) => ({ to })),
    optional('port', ports),
    optional('proto', protocol),
  );
  const described = together(
    forward,
    optional('description', word),
    optional('action', fc.constantFrom('drop', 'reject')),
    optional('log', fc.boolean()),
  );
  return fc.oneof(forward, described);
};

/** Files without mistakes: names may be unknown or only begin others, addresses and networks are in order. */
export const networksFile: fc.Arbitrary<NetworksFile> = fc
  .tuple(fc.integer({ min: 1, max: 4 }), fc.uniqueArray(word, { maxLength: 6 }))
  .chain(([count, containers]) => {
    const networks = Array.from({ length: count }, (_, index) =>
      network(index).map((one) => [`net${index}`, one] as const),
    );
    const ips = containers.map(
      (container_name, index) => [`10.${index % count}.0.${index + 2}`, { container_name }] as const,
    );
    return together(
      fc.tuple(...networks).map((entries) => ({ networks: Object.fromEntries(entries) })),
      fc.constant({ ips: Object.fromEntries(ips) }),
      fc.array(policy(containers), { maxLength: 6 }).map((policies) => ({ policies })),
      optional(
        'routing',
        fc.constant([
          {
            routes: [{ to: 'default', via: '192.168.1.1', table: 200 }],
            sysctls: { 'net.ipv4.ip_forward': 1 },
          },
        ]),
      ),
    );
  });
