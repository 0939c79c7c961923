import { expect, test } from 'vitest';
import { proxyHeader } from '../../../src/relay/proxy-header.ts';

const four = {
  remote: { address: '192.0.2.10', port: 56324 },
  local: { address: '198.51.100.7', port: 443 },
};
const six = {
  remote: { address: '2001:db8::a:1', port: 4000 },
  local: { address: '::1', port: 80 },
};
const signature = '0d0a0d0a000d0a515549540a';

test('version 1 is a line of text', () => {
  expect(proxyHeader('v1', four).toString()).toBe('PROXY TCP4 192.0.2.10 198.51.100.7 56324 443\r\n');
  expect(proxyHeader('v1', six).toString()).toBe('PROXY TCP6 2001:db8::a:1 ::1 4000 80\r\n');
});

test('version 1 says of nobody that it is unknown', () => {
  expect(proxyHeader('v1', undefined).toString()).toBe('PROXY UNKNOWN\r\n');
});

test('version 2 is the signature, the command, the family, the length, addresses and ports', () => {
  expect(proxyHeader('v2', four).toString('hex')).toBe(`${signature}2111000cc000020ac6336407dc0401bb`);
  expect(proxyHeader('v2', six).toString('hex')).toBe(
    `${signature}21` +
      '21' +
      '0024' +
      '20010db800000000000000000000000a0001'.slice(0, 24) +
      '000a0001' +
      '00000000000000000000000000000001' +
      '0fa0' +
      '0050',
  );
});

test('version 2 says of nobody that it is the program itself', () => {
  expect(proxyHeader('v2', undefined).toString('hex')).toBe(`${signature}20000000`);
});

test('an address that ends as IPv4 is written, and a zone, are bytes like the others', () => {
  const odd = {
    remote: { address: '64:ff9b::192.0.2.1', port: 1 },
    local: { address: 'fe80::1%eth0', port: 2 },
  };
  expect(proxyHeader('v2', odd).subarray(16, 48).toString('hex')).toBe(
    '0064ff9b0000000000000000c0000201' + 'fe800000000000000000000000000001',
  );
  expect(proxyHeader('v1', odd).toString()).toBe('PROXY TCP6 64:ff9b::192.0.2.1 fe80::1 1 2\r\n');
});
