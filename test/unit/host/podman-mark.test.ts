import { describe, expect, test } from 'vitest';
import { type EndpointMark, endpointMark, readEndpointMark } from '../../../src/host/podman-mark.ts';

const full: EndpointMark = {
  instance: 'default',
  owned: true,
  addresses: ['172.30.1.10', 'fd30:1::10'],
  macAddress: '02:00:00:00:00:10',
};

describe('the mark on a container in a network of Podman', () => {
  test('is a name that says whose it is and what was asked for', () => {
    expect(endpointMark(full)).toBe('netwright.default.own.4-172-30-1-10.6-fd30-1--10.m-02-00-00-00-00-10');
    expect(endpointMark({ instance: 'blue', owned: false, addresses: [] })).toBe('netwright.blue.kept');
  });

  test.each<EndpointMark>([
    full,
    { instance: 'blue', owned: false, addresses: [] },
    { instance: 'a1', owned: true, addresses: ['fd30:1::'] },
    { instance: 'default', owned: false, addresses: ['10.0.0.1'], macAddress: 'fe:ff:00:00:00:01' },
  ])('is read as it was written: %j', (mark) => {
    const alias = endpointMark(mark);
    expect(readEndpointMark(alias)).toEqual(mark);
    for (const label of alias.split('.')) expect(label).toMatch(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
  });

  test.each([
    'www',
    'netwright',
    'netwright.default',
    'netwright.default.mine',
    'netwright.Default.own',
    'netwright.far-too-long.own',
    'netwright.default.own.4-172-30-1-010',
    'netwright.default.own.4-172-30-1',
    'netwright.default.own.6-FD30-1--10',
    'netwright.default.own.6-fd30-0--10',
    'netwright.default.own.m-02-00-00-00-00-10.4-172-30-1-10',
    'netwright.default.own.m-02-00-00-00-00',
    'netwright.default.own.4-172-30-1-10.',
    'netwright.default.own.4-172-30-1-10\n',
    'NETWRIGHT.default.own',
    ` ${endpointMark(full)}`,
  ])('is not what only looks like it: %j', (alias) => {
    expect(readEndpointMark(alias)).toBeUndefined();
  });
});
