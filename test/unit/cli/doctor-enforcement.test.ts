import { expect, test } from 'vitest';
import { describeEnforcement } from '../../../src/cli/doctor-enforcement.ts';
import { docker } from '../../plain.ts';

const found = (...[enforcing]: Parameters<typeof describeEnforcement>) =>
  Object.fromEntries(describeEnforcement(enforcing).map(({ name, found: text }) => [name, text]));

test('each engine is told what of the file is enforced where', () => {
  const old = found({ facts: docker, version: '20.10.24', seesBridged: true });
  expect(old['policies']).toMatch(/DOCKER-USER.*sets/);
  expect(old['IPv6']).toMatch(/netwright alone/);
  const recent = found({
    facts: { ...docker, engineFiltersRaw: true },
    version: '28.5.2',
    seesBridged: true,
  });
  expect(recent['policies']).toMatch(/raw/);
  expect(recent['IPv6']).toBe('as IPv4');
  const podman = found({
    facts: { ...docker, engine: 'podman', sets: false },
    version: '5.4.2',
    seesBridged: true,
  });
  expect(podman['policies']).toMatch(/FORWARD.*rules/);
  expect(podman['between networks']).toMatch(/netwright alone/);
  expect([old, recent].map((each) => each['as_gateway'])).toEqual([
    expect.stringContaining('first instruction'),
    expect.stringContaining('--dns'),
  ]);
  expect(podman['as_gateway']).toMatch(/seen to run/);
});

test('what the kernel or a missing tool leaves open is a warning with its cost', () => {
  const checks = describeEnforcement({
    facts: { ...docker, conntrack: false },
    version: '26.1.5',
    seesBridged: false,
  });
  const warned = checks.filter(({ state }) => state === 'warning');
  expect(warned.map(({ name }) => name)).toEqual(['isolated: true', 'open connections']);
  for (const { cost, hint } of warned) expect(cost ?? hint).toBeDefined();
});
