import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { parseUdpTable, udpListeners } from '../../../src/host/udp-listeners.ts';

const heading =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n';
const rest = '00000000:00000000 00:00000000 00000000     0        0 1 2 0 0';

test('who takes datagrams is read from the table of the kernel, who is connected to one peer left out', () => {
  const table = `${heading}  12: 020011AC:0035 00000000:0000 07 ${rest}\n  13: 00000000:0035 0100007F:9C40 01 ${rest}\n  14: 00000000:0036 00000000:0000 07 ${rest}\n`;
  expect(parseUdpTable(table, 53)).toEqual(['172.17.0.2']);
  expect(parseUdpTable(table, 54)).toEqual(['0.0.0.0']);
});

test('IPv6 addresses are read as they are written elsewhere', () => {
  const table = `${heading} 1: 000009FD000000000000000002000000:0035 00000000000000000000000000000000:0000 07 ${rest}\n 2: 00000000000000000000000000000000:0035 00000000000000000000000000000000:0000 07 ${rest}\n`;
  expect(parseUdpTable(table, 53)).toEqual(['fd09::2', '::']);
});

test('a socket of this namespace is seen as long as it is open', async () => {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  expect(udpListeners(port)).toEqual(['127.0.0.1']);
  socket.close();
  await once(socket, 'close');
  expect(udpListeners(port)).toEqual([]);
});

test('of a process that is no container of this name nothing is said', () => {
  expect(udpListeners(53, { containerId: 'f'.repeat(64), pid: 2 ** 22 + 1 })).toBeUndefined();
});
