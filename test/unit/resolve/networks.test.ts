import { expect, test } from 'vitest';
import type { NetworkEntry } from '../../../src/model/config.ts';
import { emptyConfig } from '../../../src/model/config.ts';
import type { NetworkState } from '../../../src/model/inventory.ts';
import { resolveNetworks } from '../../../src/resolve/networks.ts';
import { docker, open } from '../../plain.ts';

const option = 'com.docker.network.bridge.name';

const entry = (name: string, more: Partial<NetworkEntry> = {}): NetworkEntry => ({
  origin: { file: 'networks.yaml', pointer: '' },
  key: name,
  name,
  subnets: [],
  options: {},
  labels: {},
  onConflict: 'fail',
  ...open,
  ...more,
});

const live = (name: string, bridge: string): NetworkState => ({
  id: `id-of-${name}`,
  name,
  driver: 'bridge',
  internal: false,
  subnets: [],
  options: {},
  labels: {},
  owned: false,
  bridge,
});

const bridgeOf = (network: NetworkEntry, networks: readonly NetworkState[] = []) =>
  resolveNetworks(
    { ...emptyConfig, networks: [network] },
    { networks, containers: [], keptMembers: [] },
    docker,
  )[0]?.bridge;

test('a network that is not there yet will have a bridge of the name that says which it is', () => {
  expect(bridgeOf(entry('front'))).toBe('nw-front');
  expect(bridgeOf(entry('front', { options: { [option]: 'br-lan' } }))).toBe('br-lan');
});

test.each(['a-name-too-long', 'with.dot', 'with space', 'plus+', 'ünï'])(
  'a name that is none of an interface (%s) is made into one, always the same',
  (name) => {
    const bridge = bridgeOf(entry(name));
    expect(bridge).toMatch(/^nw-[0-9a-f]{12}$/);
    expect(bridgeOf(entry(name))).toBe(bridge);
    expect(bridgeOf(entry(`${name}2`))).not.toBe(bridge);
  },
);

test('a network that is there keeps its bridge, replaced or not', () => {
  const there = [live('front', 'br-0123456789ab')];
  expect(bridgeOf(entry('front'), there)).toBe('br-0123456789ab');
  expect(bridgeOf(entry('front', { onConflict: 'recreate' }), there)).toBe('br-0123456789ab');
  expect(bridgeOf(entry('back'), there)).toBe('nw-back');
});

test('a declared bridge that the live network has not got counts only where the network may be replaced', () => {
  const there = [live('front', 'br-0123456789ab')];
  const options = { [option]: 'br-lan' };
  expect(bridgeOf(entry('front', { options }), there)).toBe('br-0123456789ab');
  expect(bridgeOf(entry('front', { options, onConflict: 'recreate' }), there)).toBe('br-lan');
});

test('only a bridge network has one', () => {
  expect(bridgeOf(entry('lan', { driver: 'macvlan' }))).toBeUndefined();
});
