import fc from 'fast-check';
import { expect, test } from 'vitest';
import { renderRule } from '../../src/iptables/render-rule.ts';
import { type Config, type DiscoveryEntry, emptyConfig } from '../../src/model/config.ts';
import type { ContainerState, Inventory } from '../../src/model/inventory.ts';
import { hostNamespace } from '../../src/model/namespace.ts';
import { ownership } from '../../src/model/ownership.ts';
import { readPortLabel } from '../../src/resolve/port-label.ts';
import { resolve } from '../../src/resolve/resolve.ts';
import { docker } from '../plain.ts';

const odd = Array.from('0189-:/, \n"\'\\;$tcpudx\u0000é');
const part = fc.oneof(
  fc.nat(70_000).map(String),
  fc.tuple(fc.nat(70_000), fc.nat(70_000)).map(([one, other]) => `${one}-${other}`),
  fc.tuple(fc.nat(70_000), fc.nat(70_000)).map(([one, other]) => `${one}:${other}`),
  fc.string({ maxLength: 12, unit: fc.constantFrom(...odd) }),
  fc.string({ maxLength: 3000, unit: 'binary' }),
);
const label = fc
  .array(fc.tuple(part, fc.constantFrom('', '/tcp', '/udp', '/icmp', ' / sctp')), { maxLength: 90 })
  .map((parts) => parts.map(([text, protocol]) => text + protocol).join());

const origin = { file: 'networks.yaml', pointer: '/discovery/0' };
const entry: DiscoveryEntry = {
  origin,
  network: 'internal',
  enableLabel: 'network.enable',
  dnatLabel: 'network.dnat.ports',
  in: 'host',
  dnatIface: 'wg0',
  mark: { mark: 2 },
  markBy: 'connection',
  warmUp: true,
};
const config: Config = { ...emptyConfig, discovery: [entry] };

const container = (name: string, created: number, value: string, enabled = 'true'): ContainerState => ({
  id: `id of ${name}`,
  name,
  labels: { 'network.enable': enabled, 'network.dnat.ports': value },
  running: true,
  pid: created,
  namespace: `net:[${created}]`,
  created,
  networkMode: 'internal',
  publishedPorts: [{ port: 8080, protocol: 'tcp', containerPort: 8080 }],
  endpoints: [
    {
      networkId: 'internal',
      networkName: 'internal',
      addresses: [`172.20.0.${created}`, `fd20::${created}`],
      aliases: [],
      driverOptions: {},
      owned: false,
    },
  ],
});

const inventory = (containers: readonly ContainerState[]): Inventory => ({
  networks: [
    {
      id: 'internal',
      name: 'internal',
      driver: 'bridge',
      internal: false,
      subnets: [{ subnet: '172.20.0.0/24' }, { subnet: 'fd20::/64' }],
      options: {},
      labels: {},
      owned: false,
      bridge: 'br-internal',
    },
  ],
  containers,
  keptMembers: [],
});

const tablesOf = (containers: readonly ContainerState[]) =>
  resolve(config, inventory(containers), ownership(), docker).namespaces.get(hostNamespace)?.tables ?? [];

/** The rules of nat PREROUTING as iptables-restore reads them. */
const translations = (containers: readonly ContainerState[]): readonly string[] =>
  tablesOf(containers)
    .filter(({ table, family }) => table === 'nat' && family === 4)
    .flatMap(({ chains }) => chains.flatMap(({ rules }) => rules.map((rule) => renderRule(rule, 4))));

test('no label throws, reads more than it may, or makes a rule of more than one line', () => {
  fc.assert(
    fc.property(label, fc.constantFrom('true', ' TRUE', 'false', '', 'yes\n'), (text, enabled) => {
      const { ports, faults } = readPortLabel(text);
      expect(ports.length).toBeLessThanOrEqual(64);
      expect(faults.join().length).toBeLessThan(64 * 200);
      for (const { family, chains } of tablesOf([container('web', 5, text, enabled)]))
        for (const { rules } of chains)
          for (const rule of rules) expect(renderRule(rule, family)).toMatch(/^[\x20-\x7e]+$/);
    }),
    { numRuns: 300 },
  );
});

test('what is wrong beside a good port does not cost it', () => {
  const wrong = label.filter(
    (text) => !text.includes('443') && text.length < 1500 && text.split(',').length < 60,
  );
  fc.assert(
    fc.property(wrong, wrong, (before, after) => {
      const { ports } = readPortLabel(`443/sctp,${before},${after}`);
      expect(ports).toContainEqual({
        protocol: 'sctp',
        outside: { from: 443, to: 443 },
        inside: { from: 443, to: 443 },
      });
    }),
    { numRuns: 300 },
  );
});

test('who has which port does not depend on the order in which the engine lists its containers', () => {
  fc.assert(
    fc.property(fc.array(label, { minLength: 2, maxLength: 5 }), (labels) => {
      const containers = labels.map((text, n) => container(`web-${n}`, n + 1, text));
      expect(translations(containers.toReversed())).toEqual(translations(containers));
    }),
    { numRuns: 100 },
  );
});

test('no port is led to two containers', () => {
  const few = fc
    .array(
      fc.tuple(fc.integer({ min: 1, max: 30 }), fc.nat(5)).map(([from, more]) => `${from}-${from + more}`),
      { maxLength: 6 },
    )
    .map((parts) => parts.join());
  fc.assert(
    fc.property(fc.array(few, { minLength: 2, maxLength: 5 }), (labels) => {
      const containers = labels.map((text, n) => container(`web-${n}`, n + 1, text));
      const led = translations(containers).flatMap((rule) => {
        const [, from = '', to = from] = /--dport (\d+)(?::(\d+))?/.exec(rule) ?? [];
        return Array.from({ length: Number(to) - Number(from) + 1 }, (_, n) => Number(from) + n);
      });
      expect(new Set(led).size).toBe(led.length);
      const asked = labels.flatMap((text) => readPortLabel(text).ports.map(({ outside }) => outside));
      for (const { from } of asked) expect(led).toContain(from);
    }),
    { numRuns: 200 },
  );
});
