import { expect, test } from 'vitest';
import { groupOf, isUp, type Listed } from '../../../src/wake/group.ts';

const container = (name: string, labels: Readonly<Record<string, string>> = {}, running = true): Listed => ({
  id: `id-${name}`,
  name,
  labels,
  running,
  paused: false,
});
const names = (list: readonly Listed[]) => list.map(({ name }) => name);

test('a group by label has the containers of either label, by name', () => {
  const containers = [
    container('web', { 'proxytainer.group': 'shop' }),
    container('db', { 'netwright.group': 'shop' }),
    container('other', { 'netwright.group': 'shops' }),
  ];
  const group = groupOf({ dependsOn: ['db'], group: { kind: 'label', value: 'shop' } }, containers);
  expect([names(group.dependencies), names(group.members)]).toEqual([['db'], ['web']]);
  expect(isUp(group)).toBe(true);
});

test('a group by names keeps their order, and says who is missing', () => {
  const containers = [container('a'), container('b', {}, false)];
  const group = groupOf({ dependsOn: [], group: { kind: 'names', names: ['b', 'c', 'a'] } }, containers);
  expect(names(group.members)).toEqual(['b', 'a']);
  expect(group.missing).toEqual(['c']);
  expect(isUp(group)).toBe(false);
});

test('a label that nobody has is missing', () => {
  const group = groupOf({ dependsOn: [], group: { kind: 'label', value: 'shop' } }, [container('a')]);
  expect(group.missing).toEqual(['netwright.group=shop']);
  expect(isUp(group)).toBe(false);
});
