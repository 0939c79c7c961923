import { describe, expect, test } from 'vitest';
import type { NetworkState } from '../../../src/model/inventory.ts';
import { ownership } from '../../../src/model/ownership.ts';
import type { ReadingContext } from '../../../src/observe/containers.ts';
import { readEndpoint } from '../../../src/observe/endpoints.ts';

const front: NetworkState = {
  id: 'n1',
  name: 'front',
  driver: 'bridge',
  internal: false,
  subnets: [],
  options: {},
  labels: {},
  owned: true,
};
const podman: ReadingContext = { kind: 'podman', networks: [front], ownership: ownership() };
const owner = { id: 'd6352a9be7dd5e7bd55b2a794b3e24c8', name: 'web', running: true };
const mark = 'netwright.default.own.4-10-89-10-20.6-fd10-1--20.m-02-00-00-00-00-10';

/** As Podman 4.3 answers, measured. */
const settings = (aliases: readonly string[]) => ({
  IPAMConfig: null,
  Aliases: [...aliases, 'd6352a9be7dd'],
  NetworkID: 'front',
  IPAddress: '10.89.10.20',
  GlobalIPv6Address: 'fd10:1::20',
  MacAddress: '02:00:00:00:00:10',
  DriverOpts: null,
});
const running = (...aliases: readonly string[]) => readEndpoint('front', settings(aliases), owner, podman);
const stopped = (...aliases: readonly string[]) =>
  readEndpoint(
    'front',
    { ...settings(aliases), IPAddress: '', GlobalIPv6Address: '', MacAddress: '' },
    { ...owner, running: false },
    podman,
  );

describe("a container's place in a network of Podman", () => {
  test('does not tell what was asked for, nor what a stopped one has', () => {
    expect(running('www', 'web')).toEqual({
      networkId: 'n1',
      networkName: 'front',
      addresses: ['10.89.10.20', 'fd10:1::20'],
      aliases: ['www'],
      macAddress: '02:00:00:00:00:10',
      driverOptions: {},
      owned: false,
    });
    expect(stopped()).toMatchObject({ addresses: [], aliases: [], owned: false });
    expect(stopped()).not.toHaveProperty('requested');
    expect(stopped()).not.toHaveProperty('macAddress');
  });

  test('is ours by its mark, which is no alias and says what was asked for', () => {
    const asked = { addresses: ['10.89.10.20', 'fd10:1::20'], requested: ['10.89.10.20', 'fd10:1::20'] };
    expect(running('www', mark)).toMatchObject({ ...asked, aliases: ['www'], owned: true });
    expect(stopped(mark)).toMatchObject({ ...asked, macAddress: '02:00:00:00:00:10', owned: true });
    expect(stopped('netwright.default.kept.4-10-89-10-20')).toMatchObject({
      requested: ['10.89.10.20'],
      owned: false,
    });
  });

  test('has what it has while it runs, whatever its mark says', () => {
    expect(running('netwright.default.own.4-10-89-10-99')).toMatchObject({
      addresses: ['10.89.10.20', 'fd10:1::20'],
      requested: [],
    });
  });

  test("with two marks has none, and another instance's is an alias like others", () => {
    expect(running(mark, 'netwright.default.kept')).toMatchObject({ owned: false, aliases: [] });
    expect(running(mark, 'netwright.default.kept')).not.toHaveProperty('requested');
    expect(running('netwright.blue.own')).toMatchObject({ owned: false, aliases: ['netwright.blue.own'] });
  });
});
