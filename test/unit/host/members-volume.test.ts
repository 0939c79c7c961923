import { expect, test } from 'vitest';
import { membersVolume } from '../../../src/host/members-volume.ts';

const member = {
  containerId: 'c1',
  containerName: 'web',
  addresses: [],
  aliases: [],
  driverOptions: {},
  owned: false,
};

test('a volume has a name the engine takes, whatever the network is called', () => {
  for (const network of ['front', 'a b/c:d', '../..', 'ü'.repeat(200)]) {
    const { name, labels } = membersVolume('default', { network, members: [member] });
    expect(name).toMatch(/^netwright-default-[A-Za-z0-9_.-]{1,60}-[0-9a-f]{12}$/);
    expect(labels['io.netwright.network']).toBe(network);
  }
});

test('another list of members, and another network, is another volume', () => {
  const nameOf = (network: string, ...ids: readonly string[]) =>
    membersVolume('default', { network, members: ids.map((containerId) => ({ ...member, containerId })) })
      .name;
  const names = [
    nameOf('a', 'c1'),
    nameOf('a', 'c2'),
    nameOf('a'),
    nameOf('b', 'c1'),
    nameOf('a/', 'c1'),
    nameOf('a:', 'c1'),
  ];
  expect(new Set(names).size).toBe(names.length);
  expect(nameOf('a', 'c1')).toBe(names[0]);
});
