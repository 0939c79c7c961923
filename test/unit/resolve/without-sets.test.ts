import { expect, test } from 'vitest';
import type { DesiredTable } from '../../../src/model/ruleset.ts';
import type { DesiredSet } from '../../../src/model/sets.ts';
import { fitsKernel, withoutSets } from '../../../src/resolve/without-sets.ts';

const links = (count: number, cidr: (at: number) => string): DesiredSet => ({
  name: 'netwright-links',
  family: 4,
  type: 'hash:net,iface',
  elements: Array.from({ length: count }, (_, at) => ({ entry: `${cidr(at)},br${at}` })),
});

test('more interfaces for one block than the kernel keeps do not fit, however many blocks there are', () => {
  expect(fitsKernel(links(64, () => '0.0.0.0/0'))).toBe(true);
  expect(fitsKernel(links(65, () => '0.0.0.0/0'))).toBe(false);
  expect(fitsKernel(links(500, (at) => `10.0.${at >> 1}.0/24`))).toBe(true);
});

test('only rules that look into a set that is given up are written out', () => {
  const into = (name: string) =>
    ({
      match: { set: { name, by: ['src', 'src'] } },
      target: { kind: 'drop' },
    }) as const;
  const table: DesiredTable = {
    family: 4,
    table: 'filter',
    chains: [{ name: 'NETWRIGHT-FORWARD', rules: [into('netwright-links'), into('netwright-homes')] }],
    hooks: [],
  };
  const [written] = withoutSets([table], [links(2, () => '0.0.0.0/0')]);
  expect(written?.chains[0]?.rules).toEqual([
    { match: { source: '0.0.0.0/0', inInterface: 'br0' }, target: { kind: 'drop' } },
    { match: { source: '0.0.0.0/0', inInterface: 'br1' }, target: { kind: 'drop' } },
    into('netwright-homes'),
  ]);
});
