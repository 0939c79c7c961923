import { expect, test } from 'vitest';
import { parseLinkAddresses } from '../../../src/host/link-address.ts';

test('interfaces are read with their MAC and addresses, and what is odd is left empty', () => {
  const printed = JSON.stringify([
    {
      ifname: 'eth0',
      address: '02:42:AC:11:00:02',
      addr_info: [{ family: 'inet', local: '172.17.0.2' }, { local: 'fd00::2' }],
    },
    { ifname: 'tun0', addr_info: [{}] },
    null,
  ]);
  expect(parseLinkAddresses(printed)).toEqual([
    { name: 'eth0', macAddress: '02:42:ac:11:00:02', addresses: ['172.17.0.2', 'fd00::2'] },
    { name: 'tun0', macAddress: '', addresses: [''] },
    { name: '', macAddress: '', addresses: [] },
  ]);
});
