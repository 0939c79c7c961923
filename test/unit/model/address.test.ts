import { describe, expect, it } from 'vitest';
import {
  broadcastAddress,
  compareAddresses,
  containsAddress,
  containsCidr,
  hasHostBits,
  networkAddress,
  overlaps,
  parseAddress,
  parseCidr,
  prefixLength,
  sameAddress,
  toCidr,
} from '../../../src/model/address.ts';
import { familyOf } from '../../../src/model/block.ts';
import { indexByCidr } from '../../../src/model/cidr-index.ts';
import { chooseIpRange, lastFreeAddress } from '../../../src/model/free-addresses.ts';

describe('an address', () => {
  it.each([
    ['172.18.103.2', '172.18.103.2'],
    ['FD00:0103::0002', 'fd00:103::2'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['::', '::'],
  ])('%s is spelled %s, as the kernel does', (text, canonical) => {
    expect(parseAddress(text)).toBe(canonical);
  });

  it.each([
    '',
    '1',
    '127.1',
    '010.0.0.1',
    '0x7f.0.0.1',
    '1.2.3.256',
    '1.2.3.4.5',
    '1.2.3.4/24',
    ' 1.2.3.4',
    '1.2.3.4\n',
    'fe80::1%eth0',
    '::ffff:1.2.3.4',
    '1::2::3',
    ':::',
    '12345::',
    'web',
    ':',
  ])('%j is none', (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });

  it('is the same however it is written', () => {
    expect(sameAddress('fd00::0:1', 'FD00::1')).toBe(true);
    expect(sameAddress('10.0.0.1', '10.0.0.2')).toBe(false);
    expect(sameAddress('0.0.0.1', '::1')).toBe(false);
    expect(sameAddress('web', 'web')).toBe(false);
  });

  it('has a family, and a CIDR of its own', () => {
    expect([familyOf('10.0.0.1'), familyOf('fd00::/8')]).toEqual([4, 6]);
    expect([toCidr('10.0.0.1'), toCidr('fd00::1'), toCidr('10.1.0.0/16')]).toEqual([
      '10.0.0.1/32',
      'fd00::1/128',
      '10.1.0.0/16',
    ]);
  });
});

describe('a CIDR', () => {
  it('loses its host bits, and one can ask whether it had any', () => {
    expect(parseCidr('10.1.2.3/8')).toBe('10.0.0.0/8');
    expect(hasHostBits('10.1.2.3/8')).toBe(true);
    expect(hasHostBits('10.0.0.0/8')).toBe(false);
    expect(parseCidr('fd00:103::1/64')).toBe('fd00:103::/64');
  });

  it.each([
    '10.0.0.1',
    '10.0.0.0/33',
    '10.0.0.0/08',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    'fd00::/129',
    'web/8',
    '/8',
  ])('is not %j', (text) => {
    expect(parseCidr(text)).toBeUndefined();
  });

  it('holds addresses and smaller CIDRs of its own family', () => {
    expect(containsAddress('172.18.103.0/24', '172.18.103.255')).toBe(true);
    expect(containsAddress('172.18.103.0/24', '172.18.104.0')).toBe(false);
    expect(containsAddress('0.0.0.0/0', 'fd00::1')).toBe(false);
    expect(containsCidr('fd00::/16', 'fd00:1::/64')).toBe(true);
    expect(containsCidr('fd00:1::/64', 'fd00::/16')).toBe(false);
  });

  it('overlaps what shares an address with it', () => {
    expect(overlaps('10.0.0.0/8', '10.9.0.0/16')).toBe(true);
    expect(overlaps('10.9.0.0/16', '10.0.0.0/8')).toBe(true);
    expect(overlaps('10.8.0.0/16', '10.9.0.0/16')).toBe(false);
    expect(overlaps('0.0.0.0/0', '::/0')).toBe(false);
  });

  it('has a network address, a prefix length and, in IPv4, a broadcast address', () => {
    expect(networkAddress('172.18.103.0/24')).toBe('172.18.103.0');
    expect(prefixLength('172.18.103.0/24')).toBe(24);
    expect(broadcastAddress('172.18.103.0/24')).toBe('172.18.103.255');
    expect(broadcastAddress('172.18.103.0/31')).toBeUndefined();
    expect(broadcastAddress('fd00::/64')).toBeUndefined();
  });

  it('is ordered by family, then address, then width', () => {
    const sorted = ['fd00::/8', '10.0.0.0/16', '9.0.0.0/8', '10.0.0.0/8'].sort(compareAddresses);
    expect(sorted).toEqual(['9.0.0.0/8', '10.0.0.0/8', '10.0.0.0/16', 'fd00::/8']);
  });

  it('is found by an address in it, the narrowest first', () => {
    const find = indexByCidr([
      ['10.0.0.0/8', 'wide'],
      ['10.1.0.0/16', 'narrow'],
      ['fd00::/64', 'six'],
    ]);
    expect([find('10.1.2.3'), find('10.2.0.0'), find('fd00::9'), find('11.0.0.0'), find('web')]).toEqual([
      'narrow',
      'wide',
      'six',
      undefined,
      undefined,
    ]);
  });
});

describe('a range for undeclared containers', () => {
  it('is the largest part of the subnet without a taken address, the highest of equals', () => {
    expect(chooseIpRange('172.18.103.0/24', ['172.18.103.1', '172.18.103.2'])).toBe('172.18.103.128/25');
    expect(chooseIpRange('172.18.103.0/24', ['172.18.103.1', '172.18.103.200'])).toBe('172.18.103.128/26');
    expect(chooseIpRange('fd00:103::/64', ['fd00:103::1'])).toBe('fd00:103:0:0:8000::/96');
  });

  it('is the subnet when nothing in it is taken, and nothing when all is', () => {
    expect(chooseIpRange('10.0.0.0/24', ['10.0.1.1', 'fd00::1'])).toBe('10.0.0.0/24');
    expect(chooseIpRange('10.0.0.0/31', ['10.0.0.0', '10.0.0.1'])).toBeUndefined();
  });
});

it('the last free address is one that a host may have, outside of the range', () => {
  expect(lastFreeAddress('10.0.0.0/24', [], undefined)).toBe('10.0.0.254');
  expect(lastFreeAddress('10.0.0.0/24', ['10.0.0.127'], '10.0.0.128/25')).toBe('10.0.0.126');
  expect(lastFreeAddress('10.0.0.0/24', [], '10.0.0.64/26')).toBe('10.0.0.254');
  expect(lastFreeAddress('fd00::/64', [], 'fd00:0:0:0:8000::/65')).toBe('fd00::7fff:ffff:ffff:ffff');
  expect(lastFreeAddress('10.0.0.0/30', ['10.0.0.1', '10.0.0.2'], undefined)).toBeUndefined();
  expect(lastFreeAddress('10.0.0.0/24', [], '10.0.0.0/24')).toBeUndefined();
});
