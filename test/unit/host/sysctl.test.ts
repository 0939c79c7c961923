import { describe, expect, test } from 'vitest';
import { sysctlPath } from '../../../src/host/sysctl.ts';

describe('where a sysctl is', () => {
  test.each([
    ['net.ipv4.ip_forward', 'net/ipv4/ip_forward'],
    ['net.ipv4.conf.eth0/100.rp_filter', 'net/ipv4/conf/eth0.100/rp_filter'],
    ['net.ipv6.conf.br-1a2b.disable_ipv6', 'net/ipv6/conf/br-1a2b/disable_ipv6'],
  ])('%s', (key, path) => {
    expect(sysctlPath(key)).toBe(path);
  });

  test.each([
    'kernel.hostname',
    'net',
    'network.x',
    'net..x',
    'net.//.kernel.hostname',
    'net.ipv4.conf./.x',
    'net.ipv4.conf.a b.x',
    'net.ipv4.x\n',
    'net.ipv4.conf.$(id).x',
    '',
  ])('%j is nowhere', (key) => {
    expect(sysctlPath(key)).toBeUndefined();
  });
});
