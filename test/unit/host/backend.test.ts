import { describe, expect, test } from 'vitest';
import { chooseBackend } from '../../../src/host/backend.ts';
import { backendOf } from '../../../src/host/iptables-tools.ts';

const empty = '*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\nCOMMIT\n';
const engine = '*filter\n:FORWARD DROP [0:0]\n:DOCKER-USER - [0:0]\n-A FORWARD -j DOCKER-USER\nCOMMIT\n';
const other = '*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p tcp -j ACCEPT\nCOMMIT\n';

describe('the rule store that is written to', () => {
  test("is the one with the engine's chains, whatever the default", () => {
    expect(chooseBackend({ nft: empty, legacy: engine }, 'nft')).toEqual({
      backend: 'legacy',
      why: 'engine',
      filled: ['legacy'],
      engineIn: ['legacy'],
    });
    expect(chooseBackend({ nft: engine, legacy: '' }, 'legacy').backend).toBe('nft');
    expect(
      chooseBackend({ nft: '', legacy: engine.replaceAll('DOCKER-USER', 'NETAVARK_FORWARD') }, 'nft').backend,
    ).toBe('legacy');
  });

  test('is the default where the engine has none, or has them in both', () => {
    expect(chooseBackend({ nft: empty, legacy: '' }, 'legacy')).toMatchObject({
      backend: 'legacy',
      why: 'default',
    });
    expect(chooseBackend({ nft: engine, legacy: engine }, 'nft')).toMatchObject({
      backend: 'nft',
      why: 'default',
      engineIn: ['nft', 'legacy'],
    });
  });

  test('may be one of two that hold rules, which is told', () => {
    expect(chooseBackend({ nft: engine, legacy: other }, 'nft')).toMatchObject({
      backend: 'nft',
      filled: ['nft', 'legacy'],
    });
    expect(chooseBackend({ nft: engine, legacy: empty }, 'nft').filled).toEqual(['nft']);
  });
});

test.each([
  ['iptables v1.8.9 (nf_tables)', 'nft'],
  ['iptables v1.8.9 (legacy)', 'legacy'],
  ['iptables v1.6.1', 'legacy'],
])('%s writes to %s', (version, backend) => {
  expect(backendOf(version)).toBe(backend);
});
