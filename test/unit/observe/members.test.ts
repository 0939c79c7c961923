import { expect, test } from 'vitest';
import { membersVolume } from '../../../src/host/members-volume.ts';
import type { Member } from '../../../src/model/inventory.ts';
import { readKeptMembers } from '../../../src/observe/members.ts';

const member: Member = {
  containerId: 'c1',
  containerName: 'web',
  addresses: ['172.31.1.9'],
  aliases: ['www'],
  macAddress: '02:11:22:33:44:55',
  driverOptions: { a: 'b' },
  gatewayPriority: 0,
  owned: true,
};
const volume = (network: string, ...members: readonly Member[]) => ({
  Labels: membersVolume('default', { network, members }).labels,
});

test('members come back as they were kept', () => {
  const other: Member = {
    containerId: 'c2',
    containerName: 'db',
    addresses: [],
    aliases: [],
    driverOptions: {},
    owned: false,
  };
  expect(readKeptMembers({ Volumes: [volume('front', member, other)] })).toEqual([
    { network: 'front', members: [member, other] },
  ]);
});

test('two lists for one network, as a crash leaves them, are one', () => {
  const kept = readKeptMembers({
    Volumes: [
      volume('front', member),
      volume('back'),
      volume('front', member, { ...member, containerId: 'c2' }),
    ],
  });
  expect(kept).toEqual([
    { network: 'front', members: [member, { ...member, containerId: 'c2' }] },
    { network: 'back', members: [] },
  ]);
});

test('what is not a list of members is none', () => {
  const labels = (text: string) => ({
    Labels: { 'io.netwright.network': 'front', 'io.netwright.members': text },
  });
  for (const text of ['', '{', '5', '{}', '[5, null, {"containerName":"no id"}]']) {
    expect(readKeptMembers({ Volumes: [labels(text)] })).toEqual([{ network: 'front', members: [] }]);
  }
  expect(readKeptMembers({ Volumes: [{ Labels: null }, null] })).toEqual([]);
  expect(readKeptMembers({ Volumes: null })).toEqual([]);
  expect(readKeptMembers('text')).toEqual([]);
});
