import { describe, expect, test } from 'vitest';
import { resolveOptions, wantsColour } from '../../../src/cli/options.ts';

describe('the file', () => {
  test('is what -f says, else NETWORKS_CONFIG_PATH, else the usual place', () => {
    const env = { NETWORKS_CONFIG_PATH: '/srv/networks.yaml' };
    expect(resolveOptions({ file: 'here.json' }, env).file).toBe('here.json');
    expect(resolveOptions({}, env).file).toBe('/srv/networks.yaml');
    expect(resolveOptions({}, { NETWORKS_CONFIG_PATH: '' }).file).toBe('/etc/user/config/networks.json');
    expect(resolveOptions({}, {}).file).toBe('/etc/user/config/networks.json');
  });
});

describe('the instance', () => {
  test('is the default one unless NETWRIGHT_INSTANCE names another', () => {
    expect(resolveOptions({}, {}).ownership.instance).toBe('default');
    expect(resolveOptions({}, { NETWRIGHT_INSTANCE: '' }).ownership.instance).toBe('default');
    expect(resolveOptions({}, { NETWRIGHT_INSTANCE: 'blue' }).ownership.chain('FORWARD')).toBe(
      'NETWRIGHT-BLUE-FORWARD',
    );
  });

  test('of a name that no chain could bear is refused', () => {
    for (const name of ['Blue', 'a-b', 'ninechars', 'a b', '../x', 'é']) {
      expect(() => resolveOptions({}, { NETWRIGHT_INSTANCE: name })).toThrow(
        expect.objectContaining({ code: 'USAGE', hint: 'use 1 to 6 lower-case letters and digits' }) as Error,
      );
    }
  });
});

test('colour is for terminals, unless the environment says otherwise', () => {
  expect(wantsColour({}, { isTTY: true })).toBe(true);
  expect(wantsColour({}, { isTTY: false })).toBe(false);
  expect(wantsColour({}, {})).toBe(false);
  expect(wantsColour({ TERM: 'dumb' }, { isTTY: true })).toBe(false);
  expect(wantsColour({ NO_COLOR: '1' }, { isTTY: true })).toBe(false);
  expect(wantsColour({ NO_COLOR: '' }, { isTTY: true })).toBe(true);
  expect(wantsColour({ FORCE_COLOR: '1' }, {})).toBe(true);
  expect(wantsColour({ FORCE_COLOR: '0' }, { isTTY: true })).toBe(false);
  expect(wantsColour({ NO_COLOR: '1', FORCE_COLOR: '1' }, { isTTY: true })).toBe(false);
});
