import { expect, test } from 'vitest';
import { ownership } from '../../../src/model/ownership.ts';
import { readPodmanNetworks } from '../../../src/observe/podman-networks.ts';

/** As Podman 4.3 answers, measured. */
const front = {
  name: 'front',
  id: 'c520ae35c666968e59001e9bafd3f6c6661e77741bd3a9d054446acbed7f9bc7',
  driver: 'bridge',
  network_interface: 'nw-front',
  subnets: [
    {
      subnet: '10.89.10.0/24',
      gateway: '10.89.10.1',
      lease_range: { start_ip: '10.89.10.128', end_ip: '10.89.10.254' },
    },
    { subnet: 'fd10:1::/64', gateway: 'fd10:1::1' },
  ],
  ipv6_enabled: true,
  internal: false,
  dns_enabled: true,
  labels: { a: 'b' },
  options: { mtu: '1400' },
  ipam_options: { driver: 'host-local' },
};
const read = (...entries: readonly unknown[]) => readPodmanNetworks(entries, ownership());

test("a network is read as Podman's own API lists it, its options in Docker's words too", () => {
  expect(read(front)).toEqual([
    {
      id: front.id,
      name: 'front',
      driver: 'bridge',
      internal: false,
      subnets: [
        { subnet: '10.89.10.0/24', gateway: '10.89.10.1', ipRange: '10.89.10.128/25' },
        { subnet: 'fd10:1::/64', gateway: 'fd10:1::1' },
      ],
      options: {
        mtu: '1400',
        'com.docker.network.driver.mtu': '1400',
        'com.docker.network.bridge.name': 'nw-front',
      },
      labels: { a: 'b' },
      owned: false,
      bridge: 'nw-front',
    },
  ]);
});

test.each([
  ['10.89.10.1', '10.89.10.127', '10.89.10.0/25'],
  ['10.89.10.129', '10.89.10.255', '10.89.10.128/25'],
  ['10.89.10.0', '10.89.10.255', '10.89.10.0/24'],
  ['10.89.10.1', '10.89.10.254', '10.89.10.0/24'],
  ['10.89.10.9', '10.89.10.9', '10.89.10.9/32'],
  ['10.89.10.5', '10.89.10.200', undefined],
  ['10.89.10.5', 'fd10:1::5', undefined],
  ['', '10.89.10.5', undefined],
])('a range from %s to %s is %s', (start_ip, end_ip, range) => {
  const subnets = [{ subnet: '10.89.10.0/24', lease_range: { start_ip, end_ip } }];
  expect(read({ ...front, subnets })[0]?.subnets[0]?.ipRange).toBe(range);
});

test("another driver's interface is its parent, and no bridge", () => {
  const [lan] = read({ ...front, driver: 'macvlan', network_interface: 'eth0', options: { mode: 'bridge' } });
  expect(lan).not.toHaveProperty('bridge');
  expect(lan?.options).toMatchObject({ parent: 'eth0', macvlan_mode: 'bridge' });
});

test('a network is ours by its label alone, and what cannot be understood is left out', () => {
  const labels = { 'io.netwright.managed': 'default' };
  expect(read({ ...front, labels })[0]?.owned).toBe(true);
  expect(read(front)[0]?.owned).toBe(false);
  expect(read(null, 'text', {}, { name: 'no id' })).toEqual([]);
  expect(readPodmanNetworks({ message: 'no list' }, ownership())).toEqual([]);
});
