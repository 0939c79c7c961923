import { describe, expect, test } from 'vitest';
import type { NetworkState } from '../../../src/model/inventory.ts';
import { ownership } from '../../../src/model/ownership.ts';
import { type ReadingContext, readContainer } from '../../../src/observe/containers.ts';

const id = 'ab12cd34ef56'.padEnd(64, '0');
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
const docker: ReadingContext = { kind: 'docker', networks: [front], ownership: ownership() };

/** As Docker 20.10 answers, measured. */
const running = {
  IPAMConfig: { IPv4Address: '172.31.1.9', IPv6Address: 'fd31:1::9' },
  Aliases: ['www', id.slice(0, 12)],
  NetworkID: 'n1',
  IPAddress: '172.31.1.9',
  GlobalIPv6Address: 'fd31:1::9',
  MacAddress: '02:42:AC:1F:01:09',
  DriverOpts: { 'io.netwright.managed': 'default' },
};
const stopped = { ...running, IPAddress: '', GlobalIPv6Address: '', MacAddress: '' };

const answer = (networks: unknown, rest: object = {}) => ({
  Id: id,
  Name: '/web',
  Created: '2026-11-21T18:30:05.250123456Z',
  State: { Running: true, Pid: 4711 },
  Config: { Labels: { role: 'db' } },
  HostConfig: { NetworkMode: 'default' },
  NetworkSettings: { Networks: networks },
  ...rest,
});
const endpoint = (settings: unknown, rest: object = {}, context = docker) =>
  readContainer(answer({ front: settings }, rest), context)?.endpoints[0];

const halted = { State: { Running: false, Pid: 0 } };

describe('a container', () => {
  test('is read with its labels, process and mode', () => {
    expect(readContainer(answer({}), docker)).toEqual({
      id,
      name: 'web',
      labels: { role: 'db' },
      running: true,
      pid: 4711,
      created: Date.UTC(2026, 10, 21, 18, 30, 5, 250),
      networkMode: 'bridge',
      publishedPorts: [],
      endpoints: [],
    });
  });

  test('that has no process yet, or no longer, does not run', () => {
    expect(readContainer(answer({}, halted), docker)).toMatchObject({ running: false });
    expect(readContainer(answer({}, { State: { Running: true, Pid: 0 } }), docker)).not.toHaveProperty('pid');
    expect(readContainer(answer({}, { State: null }), docker)?.running).toBe(false);
  });

  test.each([null, {}, [], 'text', { Id: 'x' }])('cannot be %j', (other) => {
    expect(readContainer(other, docker)).toBeUndefined();
  });
});

describe("a container's place in a network", () => {
  test('has the addresses it has, and those that were asked for', () => {
    expect(endpoint({ ...running, IPAMConfig: { IPv4Address: '172.31.1.9' } })).toEqual({
      networkId: 'n1',
      networkName: 'front',
      addresses: ['172.31.1.9', 'fd31:1::9'],
      requested: ['172.31.1.9'],
      aliases: ['www'],
      macAddress: '02:42:ac:1f:01:09',
      driverOptions: { 'io.netwright.managed': 'default' },
      owned: true,
    });
    expect(endpoint({ ...running, IPAMConfig: null })?.requested).toEqual([]);
  });

  test('has, while the container is stopped, the addresses it will ask for and no MAC', () => {
    const place = endpoint(stopped, halted);
    expect(place?.addresses).toEqual(['172.31.1.9', 'fd31:1::9']);
    expect(place).not.toHaveProperty('macAddress');
  });

  test('will have the MAC that was declared, where only we remember it', () => {
    const DriverOpts = { 'io.netwright.mac': '02:11:22:33:44:55' };
    expect(endpoint({ ...stopped, DriverOpts }, halted)?.macAddress).toBe('02:11:22:33:44:55');
    expect(endpoint({ ...running, DriverOpts })?.macAddress).toBe('02:42:ac:1f:01:09');
  });

  test('is found by name before the container has ever been started in it', () => {
    expect(endpoint({ ...stopped, NetworkID: '' }, halted)?.networkId).toBe('n1');
  });

  test('keeps the id of a network that is gone', () => {
    expect(endpoint({ ...stopped, NetworkID: 'gone' }, halted)).toMatchObject({
      networkId: 'gone',
      networkName: 'front',
    });
  });

  test('is ours by the mark of this instance alone', () => {
    const marked = (instance: string) =>
      endpoint({ ...running, DriverOpts: { 'io.netwright.managed': instance } })?.owned;
    expect(marked('default')).toBe(true);
    expect(marked('blue')).toBe(false);
    expect(endpoint({ ...running, DriverOpts: null })?.owned).toBe(false);
  });

  test('is none in the networks that are no networks', () => {
    expect(readContainer(answer({ host: running, none: running }), docker)?.endpoints).toEqual([]);
  });

  test('says its priority where the engine has one', () => {
    expect(endpoint({ ...running, GwPriority: 0 })?.gatewayPriority).toBe(0);
    expect(endpoint(running)).not.toHaveProperty('gatewayPriority');
  });
});
