import { expect, test } from 'vitest';
import { dependsOnRoutes } from '../../../src/cli/narrow-pass.ts';
import type { DesiredNamespace } from '../../../src/model/desired.ts';

const origin = { file: 'networks.yaml', pointer: '/routing/0' };
const settings = { origin, value: '1' };

/** Whether a host of which the file asks for this is looked at when its routes change, while containers start. */
function isLookedAt(asked: Partial<DesiredNamespace>, backend: 'nft' | 'legacy' = 'nft'): boolean {
  const nothing = { id: 'host', name: 'host', tables: [], sets: [], routes: [], rules: [], sysctls: [] };
  return dependsOnRoutes({
    desired: {
      networks: [],
      endpoints: [],
      warmUps: [],
      notices: [],
      namespaces: new Map([['host', { ...nothing, ...asked }]]),
    },
    observed: {
      inventory: { networks: [], containers: [], keptMembers: [] },
      backend,
      namespaces: new Map(),
    },
  });
}

test.each<readonly [string, Partial<DesiredNamespace>]>([
  ['a route', { routes: [{ family: 4, type: 'unicast', to: '10.60.0.0/24', table: 'main', origin }] }],
  ['a setting of an interface', { sysctls: [{ ...settings, key: 'net.ipv4.conf.lan0.rp_filter' }] }],
  ['an address', { addresses: [{ address: '10.0.0.1', network: 'n', subnets: ['10.0.0.0/24'], origin }] }],
])('routes of a host that is to have %s are looked at at once', (_, asked) => {
  expect(isLookedAt(asked)).toBe(true);
});

test('routes that came with containers wait for the look at everything where the file asks for none', () => {
  const sysctls = [
    { ...settings, key: 'net.ipv4.ip_forward' },
    { ...settings, key: 'net.ipv6.conf.all.forwarding' },
  ];
  expect(isLookedAt({ sysctls })).toBe(false);
});

test('but not where the engine may have moved legacy rules, of which nobody tells', () => {
  expect(isLookedAt({}, 'legacy')).toBe(true);
});
