import { describe, expect, test } from 'vitest';
import type { NewNetwork } from '../../../src/host/engine.ts';
import { libpodNetwork } from '../../../src/host/podman-network.ts';

const unnamed: NewNetwork = {
  network: 'front',
  driver: 'bridge',
  internal: false,
  subnets: [],
  options: {},
  labels: { team: 'a' },
};
const network: NewNetwork = { ...unnamed, bridge: 'nw-front' };

describe("a network in the words of Podman's own API", () => {
  test('has its bridge, names that resolve, and no isolation of the engine', () => {
    expect(libpodNetwork(network)).toEqual({
      name: 'front',
      driver: 'bridge',
      internal: false,
      network_interface: 'nw-front',
      dns_enabled: true,
      options: {},
      labels: { team: 'a' },
    });
  });

  test('has a range of addresses that hosts may have', () => {
    const subnets = [
      { subnet: '172.30.1.0/24', gateway: '172.30.1.1', ipRange: '172.30.1.128/25' },
      { subnet: '172.30.2.0/24', ipRange: '172.30.2.0/25' },
      { subnet: 'fd30:1::/64', ipRange: 'fd30:1::8000/113' },
    ];
    expect(libpodNetwork({ ...network, subnets })).toMatchObject({
      subnets: [
        {
          subnet: '172.30.1.0/24',
          gateway: '172.30.1.1',
          lease_range: { start_ip: '172.30.1.128', end_ip: '172.30.1.254' },
        },
        { subnet: '172.30.2.0/24', lease_range: { start_ip: '172.30.2.1', end_ip: '172.30.2.127' } },
        { subnet: 'fd30:1::/64', lease_range: { start_ip: 'fd30:1::8000', end_ip: 'fd30:1::ffff' } },
      ],
    });
  });

  test("takes Docker's words for what Podman has others for", () => {
    const options = {
      'com.docker.network.driver.mtu': '1400',
      'com.docker.network.bridge.name': 'br-lan',
      vlan: '7',
    };
    expect(libpodNetwork({ ...unnamed, options })).toMatchObject({
      network_interface: 'br-lan',
      options: { mtu: '1400', vlan: '7' },
    });
    expect(libpodNetwork({ ...network, mtu: 1300, options })).toMatchObject({
      network_interface: 'nw-front',
      options: { mtu: '1300' },
    });
    const macvlan = { ...unnamed, driver: 'macvlan', options: { parent: 'eth0', macvlan_mode: 'bridge' } };
    expect(libpodNetwork(macvlan)).toMatchObject({ network_interface: 'eth0', options: { mode: 'bridge' } });
    expect(libpodNetwork(macvlan)).not.toHaveProperty('dns_enabled');
  });
});
