import { describe, expect, test } from 'vitest';
import { GivingWay } from '../../../src/cli/giving-way.ts';
import type { Cause } from '../../../src/watch/cause.ts';
import { loadText } from '../load/directory.ts';

const networks = 'networks: { n: { subnet: 10.0.0.0/24, gateway: 10.0.0.1 } }\n';
const woken: Cause = { kind: 'engine', container: 'woken', urgent: true };

/** What gives way with such a file, while a container is woken. */
async function following(yaml: string) {
  const loaded = await loadText('networks.yaml', yaml);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const givingWay = new GivingWay({ until: (now) => now + 100, isOf: (id) => id === 'woken' });
  givingWay.follow(loaded.config);
  return givingWay;
}

/** Until when each of these is put aside. */
async function untils(yaml: string, ...causes: readonly Cause[]) {
  const givingWay = await following(yaml);
  return causes.map((cause) => givingWay.until(cause, 0));
}

describe('while somebody waits for a container that is woken', () => {
  test('what its start brings about, and what only time asks for, is put aside', async () => {
    const file = `${networks}policies: [{ from: n, to: 10.9.0.0/24, port: 80 }, { nat: dnat, iface: wg0, to: 10.0.0.5, port: 80 }]\n`;
    const areas: readonly Cause[] = [
      { kind: 'kernel', area: 'routes host' },
      { kind: 'kernel', area: 'routes inside' },
    ];
    const timely: readonly Cause[] = [
      { kind: 'awake' },
      { kind: 'retry' },
      { kind: 'period' },
      { kind: 'renewed' },
    ];
    expect(await untils(file, woken, ...areas, ...timely)).toEqual([100, 100, 100, 100, 100, 100, 100]);
  });

  test('what happens to others, to rules and to the file is not', async () => {
    const others: readonly Cause[] = [
      { kind: 'engine', container: 'another', urgent: true },
      { kind: 'engine', detail: 'network create n' },
      { kind: 'kernel', area: 'rules host' },
      { kind: 'kernel', area: 'sysctls host' },
      { kind: 'kernel', area: 'sets' },
      { kind: 'file' },
      { kind: 'connected' },
    ];
    expect(await untils(networks, ...others)).toEqual(others.map(() => undefined));
  });

  test('the engine is asked about others that start, and not about that one', async () => {
    const start = (id: string) => ({ type: 'container', action: 'start', id, attributes: {} }) as const;
    const givingWay = await following(networks);
    expect(givingWay.mayAskAfter(start('woken'), 0)).toBe(false);
    expect(givingWay.mayAskAfter(start('another'), 0)).toBe(true);
    const withRules = await following(
      `${networks}policies: [{ nat: dnat, in: web, to: 10.0.0.5, port: 80 }]\n`,
    );
    expect(withRules.mayAskAfter(start('woken'), 0)).toBe(true);
  });

  test.each([
    ['rules inside a container', 'policies: [{ nat: dnat, in: web, to: 10.0.0.5, port: 80 }]'],
    [
      'rules inside a container, not said outright',
      'policies: [{ nat: dnat, selector: web, to: 10.0.0.5, port: 80 }]',
    ],
    ['whoever has a label', 'policies: [{ from: "label:role=app", to: 10.0.0.5, port: 80 }]'],
    ['routes', 'routing: [{ in: host, routes: [{ to: 10.60.0.0/24, via: 10.0.0.9 }] }]'],
    [
      'containers that are discovered',
      'discovery: [{ network: n, enable_label: e, dnat_label: d, in: host }]',
    ],
    ['a gateway', 'ips: { 10.0.0.1: { container_name: sentry, as_gateway: true } }'],
  ])('nothing is where the file has %s', async (_, rest) => {
    const causes: readonly Cause[] = [woken, { kind: 'kernel', area: 'routes host' }, { kind: 'retry' }];
    expect(await untils(`${networks}${rest}\n`, ...causes)).toEqual([undefined, undefined, undefined]);
  });
});
