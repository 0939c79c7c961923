import { describe, expect, test } from 'vitest';
import type { NetworkEntry } from '../../../src/model/config.ts';
import type { HostFacts } from '../../../src/model/facts.ts';
import type { NetworkState } from '../../../src/model/inventory.ts';
import { optionNotices, optionsFor } from '../../../src/resolve/network-options.ts';
import { docker, open } from '../../plain.ts';

const podman4: HostFacts = { ...docker, engine: 'podman' };
const podman5: HostFacts = { ...podman4, engineRules: 'nft' };

const options = {
  'com.docker.network.bridge.name': 'br-lan',
  'com.docker.network.bridge.enable_icc': 'true',
  vlan: '7',
};
const front: NetworkEntry = {
  origin: { file: 'networks.yaml', pointer: '/networks/front' },
  key: 'front',
  name: 'front',
  subnets: [],
  options: {},
  labels: {},
  onConflict: 'fail',
  ...open,
};
const live = (isolate: Record<string, string>): NetworkState => ({
  id: 'n1',
  name: 'front',
  driver: 'bridge',
  internal: false,
  subnets: [],
  options: isolate,
  labels: {},
  owned: false,
});

describe("a network's options", () => {
  test('are what the file says on Docker', () => {
    expect(optionsFor({ options }, docker)).toBe(options);
    expect(optionNotices([{ ...front, options }], [live({ isolate: 'true' })], docker)).toEqual([]);
  });

  test('are on Podman without what only Docker has, and that is said', () => {
    expect(optionsFor({ options }, podman4)).toEqual({
      'com.docker.network.bridge.name': 'br-lan',
      vlan: '7',
    });
    expect(optionNotices([{ ...front, options }], [], podman4)).toEqual([
      {
        kind: 'warning',
        subject: 'network front',
        message: 'Podman has no option com.docker.network.bridge.enable_icc: it does nothing here',
        origin: front.origin,
      },
    ]);
  });

  test("are warned of where Podman's own isolation is among them and no policy can open it", () => {
    const isolated = [live({ isolate: 'true' })];
    expect(optionNotices([front], isolated, podman5)).toMatchObject([
      { kind: 'warning', message: expect.stringContaining('isolate=true') as string },
    ]);
    expect(optionNotices([front], isolated, podman4)).toEqual([]);
    expect(optionNotices([front], [live({})], podman5)).toEqual([]);
    expect(optionNotices([front], [live({ isolate: 'false' })], podman5)).toEqual([]);
    expect(optionNotices([{ ...front, onConflict: 'recreate' }], isolated, podman5)).toEqual([]);
    expect(optionNotices([{ ...front, options: { isolate: 'true' } }], isolated, podman5)).toEqual([]);
  });
});
