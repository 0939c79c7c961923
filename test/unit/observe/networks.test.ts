import { expect, test } from 'vitest';
import { ownership } from '../../../src/model/ownership.ts';
import { readNetworks } from '../../../src/observe/networks.ts';

const bridge = { Id: 'n1', Name: 'front', Driver: 'bridge' };
const read = (...entries: readonly unknown[]) => readNetworks(entries, ownership());

test('a network is read as the engine lists it, its subnets in canonical form', () => {
  const [network] = read({
    ...bridge,
    Internal: true,
    IPAM: {
      Config: [
        { Subnet: '172.31.1.7/24', Gateway: '172.31.1.1', IPRange: '172.31.1.128/25' },
        { Subnet: 'FD31:1:0:0::/64', Gateway: 'fd31:1::1/64' },
        { Gateway: '10.0.0.1' },
      ],
    },
    Options: { 'com.docker.network.driver.mtu': '1400' },
    Labels: { team: 'a' },
  });
  expect(network).toEqual({
    id: 'n1',
    name: 'front',
    driver: 'bridge',
    internal: true,
    subnets: [
      { subnet: '172.31.1.0/24', gateway: '172.31.1.1', ipRange: '172.31.1.128/25' },
      { subnet: 'fd31:1::/64', gateway: 'fd31:1::1' },
    ],
    options: { 'com.docker.network.driver.mtu': '1400' },
    labels: { team: 'a' },
    owned: false,
    bridge: 'br-n1',
  });
});

test('the interface of a bridge is the one its options name, else the one Docker names after the id; other drivers have none', () => {
  const Options = { 'com.docker.network.bridge.name': 'docker0' };
  const id = '0123456789abcdef0123456789abcdef';
  const bridgeOf = (more: object) => read({ ...bridge, ...more })[0]?.bridge;
  expect(bridgeOf({ Options })).toBe('docker0');
  expect(bridgeOf({ Id: id })).toBe('br-0123456789ab');
  expect(bridgeOf({ Driver: 'macvlan', Options })).toBeUndefined();
});

test('a network is ours when its label names this instance, and no other', () => {
  const labelled = (instance: string) => ({ ...bridge, Labels: { 'io.netwright.managed': instance } });
  expect(read(labelled('default'))[0]?.owned).toBe(true);
  expect(read(labelled('blue'))[0]?.owned).toBe(false);
  expect(readNetworks([labelled('blue')], ownership('blue'))[0]?.owned).toBe(true);
});

test('what is no network, or cannot be understood, is left out', () => {
  const none = { ...bridge, Driver: 'null', Name: 'none' };
  const host = { ...bridge, Driver: 'host', Name: 'host' };
  expect(read(none, host, null, 'text', { Name: 'no id' }, {})).toEqual([]);
  expect(readNetworks({ message: 'not a list' }, ownership())).toEqual([]);
  expect(read({ ...bridge, IPAM: null, Labels: null, Options: null })).toHaveLength(1);
});
