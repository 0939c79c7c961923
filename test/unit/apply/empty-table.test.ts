import { describe, expect, test } from 'vitest';
import { isEmptyTable } from '../../../src/apply/empty-table.ts';

const metainfo = { metainfo: { version: '1.0.6', release_name: 'Lester Gooch #5', json_schema_version: 1 } };
const table = { table: { family: 'ip', name: 'filter', handle: 1 } };
const base = { family: 'ip', table: 'filter', name: 'FORWARD', handle: 1, type: 'filter', hook: 'forward' };
const forward = { chain: { ...base, prio: 0, policy: 'accept' } };
const listing = (...objects: readonly object[]): string =>
  JSON.stringify({ nftables: [metainfo, ...objects] });

describe('a table of nft', () => {
  test('is empty with nothing in it', () => {
    expect(isEmptyTable(listing(table), 'NETWRIGHT-CREATED')).toBe(true);
  });

  test('is empty with base chains that accept everything', () => {
    const input = { chain: { ...forward.chain, name: 'INPUT', handle: 2, hook: 'input' } };
    expect(isEmptyTable(listing(table, forward, input), 'NETWRIGHT-CREATED')).toBe(true);
  });

  test.each([
    { chain: { ...forward.chain, policy: 'drop' } },
    { chain: { ...base, prio: 0 } },
    { chain: { family: 'ip', table: 'filter', name: 'SOMEBODYS', handle: 3 } },
    { chain: { family: 'ip', table: 'filter', name: 'SOMEBODYS', handle: 3, policy: 'accept' } },
    { rule: { family: 'ip', table: 'filter', chain: 'FORWARD', handle: 4, expr: [{ accept: null }] } },
    { set: { family: 'ip', name: 's', table: 'filter', type: 'ipv4_addr', handle: 5 } },
    { map: { family: 'ip', name: 'm', table: 'filter', type: 'ipv4_addr', handle: 6, map: 'verdict' } },
    { flowtable: { family: 'ip', name: 'f', table: 'filter', handle: 7, hook: 'ingress', prio: 0 } },
    { counter: { family: 'ip', name: 'c', table: 'filter', handle: 8, packets: 0, bytes: 0 } },
    { 'ct helper': { family: 'ip', name: 'h', table: 'filter', handle: 9, type: 'ftp' } },
    { ...forward, rule: { family: 'ip', table: 'filter', chain: 'FORWARD', handle: 4 } },
    { ...table, set: { family: 'ip', name: 's', table: 'filter' } },
    {},
  ])('is not empty with %j in it', (object) => {
    expect(isEmptyTable(listing(table, object), 'NETWRIGHT-CREATED')).toBe(false);
    expect(isEmptyTable(listing(table, object, forward), 'NETWRIGHT-CREATED')).toBe(false);
  });

  test.each([
    '',
    '{',
    'null',
    '[]',
    '{}',
    '{"nftables":5}',
    '{"nftables":[]}',
    '{"nftables":[{"table":{}},5]}',
    '{"nftables":[{"table":{}},null]}',
    '{"nftables":[{"table":{}},{"chain":5}]}',
    listing(),
    listing(forward),
    `${listing(table)}more`,
  ])('is not empty when nft says %j', (said) => {
    expect(isEmptyTable(said, 'NETWRIGHT-CREATED')).toBe(false);
  });
});
