import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterEach, expect, test, vi } from 'vitest';
import type { HeldConnection } from '../../../src/relay/held-connection.ts';
import { listenTcp } from '../../../src/relay/listen-tcp.ts';
import { endOf, openRelay, openServer, readAll, type TestRelay, type TestServer } from './sockets.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function relay(options: Parameters<typeof openRelay>[0] = {}): Promise<TestRelay> {
  const opened = await openRelay(options);
  closing.push(async () => {
    for (const connection of opened.held) connection.refuse();
    await opened.listener.close();
  });
  return opened;
}

async function server(): Promise<TestServer> {
  const opened = await openServer();
  closing.push(() => opened.close());
  return opened;
}

function dial(port: number, host = '127.0.0.1'): Socket {
  const socket = connect({ port, host, allowHalfOpen: true });
  closing.push(() => socket.destroy());
  return socket.on('error', () => undefined);
}

test('who is among the sources is held, who is not sees a reset and is counted', async () => {
  const { listener, held } = await relay({ sources: ['127.0.0.2', '2001:db8::/32'] });
  expect(await endOf(dial(listener.address.port))).toBe('ECONNRESET');
  const allowed = connect({ port: listener.address.port, host: '127.0.0.1', localAddress: '127.0.0.2' });
  closing.push(() => allowed.destroy());
  await expect.poll(() => held.map(({ remote }) => remote.address)).toEqual(['127.0.0.2']);
  expect(listener.counts).toMatchObject({ accepted: 1, held: 1, foreign: 1 });
});

test('an empty list of sources lets nobody in', async () => {
  const { listener } = await relay({ sources: [] });
  expect(await endOf(dial(listener.address.port))).toBe('ECONNRESET');
});

test('more than may be held see a reset, and there is room again when one is carried', async () => {
  const target = await server();
  const { listener, held, ...own } = await relay({ maxHeld: 2 });
  const first = await own.dial();
  await own.dial();
  expect(await endOf(dial(listener.address.port))).toBe('ECONNRESET');
  expect(listener.counts).toMatchObject({ held: 2, overflowed: 1 });
  await first.held.carryTo({ host: '127.0.0.1', port: target.port });
  await own.dial();
  expect(held).toHaveLength(3);
  expect(listener.counts).toMatchObject({ held: 2, carried: 1 });
});

test('a port that another program has is told with its address', async () => {
  const other = await server();
  const options = { maxHeld: 1, port: other.port, onConnection: () => undefined };
  await expect(listenTcp({ ...options, address: '127.0.0.1' })).rejects.toMatchObject({
    code: 'LISTEN_FAILED',
    message: `cannot listen on 127.0.0.1:${other.port}: another program has it`,
  });
  await expect(listenTcp({ ...options, address: '192.0.2.1' })).rejects.toMatchObject({
    message: `cannot listen on 192.0.2.1:${other.port}: this host has no such address`,
  });
});

const hasIpv6 = Object.values(networkInterfaces()).some((all) =>
  all?.some(({ address }) => address === '::1'),
);

test.skipIf(!hasIpv6)(
  'without an address both families are served, and IPv4 is written as such',
  async () => {
    const held: HeldConnection[] = [];
    const listener = await listenTcp({
      port: 0,
      maxHeld: 9,
      onConnection: (connection) => held.push(connection),
    });
    closing.push(() => listener.close());
    dial(listener.address.port);
    await expect.poll(() => held.length).toBe(1);
    dial(listener.address.port, '::1');
    await expect.poll(() => held.length).toBe(2);
    expect(held.map(({ remote, local }) => [remote.address, local.address])).toEqual([
      ['127.0.0.1', '127.0.0.1'],
      ['::1', '::1'],
    ]);
    for (const connection of held) connection.refuse();
  },
);

test('closing frees the port and cuts nothing that is held or carried', async () => {
  const target = await server();
  const { listener, ...own } = await relay();
  const [carried, held] = [await own.dial(), await own.dial()];
  await carried.held.carryTo({ host: '127.0.0.1', port: target.port });
  const served = await target.next();
  await listener.close();
  const again = await listenTcp({
    address: '127.0.0.1',
    port: listener.address.port,
    maxHeld: 1,
    onConnection: () => undefined,
  });
  await again.close();
  served.end('still here');
  expect((await readAll(carried.client)).toString()).toBe('still here');
  expect(held.held.state).toBe('held');
  await expect(held.held.carryTo({ host: '127.0.0.1', port: target.port })).resolves.toBe(true);
});

test('a thousand clients that were held are all answered when they are released at once', async () => {
  const target = createServer({ allowHalfOpen: true }, (served) => served.pipe(served));
  await new Promise<void>((resolve) => target.listen({ port: 0, host: '127.0.0.1', backlog: 1000 }, resolve));
  closing.push(() => target.close());
  const { port } = target.address() as AddressInfo;
  const { listener, held } = await relay();
  const answers = Array.from({ length: 1000 }, async (_, index) => {
    const client = dial(listener.address.port);
    client.end(`number ${index}`);
    return (await readAll(client)).toString();
  });
  await expect.poll(() => held.length, { timeout: 30_000 }).toBe(1000);
  const released = held.map((connection) => connection.carryTo({ host: '127.0.0.1', port }));
  expect(new Set(await Promise.all(released))).toEqual(new Set([true]));
  expect(await Promise.all(answers)).toEqual(Array.from({ length: 1000 }, (_, index) => `number ${index}`));
  expect(new Set(await Promise.all(held.map(({ closed }) => closed)))).toEqual(new Set(['finished']));
  expect(listener.connections.size).toBe(0);
});

test('a client that goes away when no more is read from it is noticed', async () => {
  const { listener, ...own } = await relay({ keepBytes: 1000 });
  const { client, held } = await own.dial();
  client.write(Buffer.alloc(64 * 1024 * 1024));
  await expect.poll(() => held.isFull && client.bytesWritten > 0).toBe(true);
  client.resetAndDestroy();
  expect(await held.closed).toBe('client failed');
  expect(listener.counts.held).toBe(0);
});

test('after closing, clients that are held are looked after until the last is gone', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  closing.push(() => vi.useRealTimers());
  const { listener, ...own } = await relay({ keepBytes: 1000 });
  const { client, held } = await own.dial();
  client.write(Buffer.alloc(64 * 1024 * 1024));
  await expect.poll(() => held.isFull && client.bytesWritten > 0).toBe(true);
  await listener.close();
  expect(vi.getTimerCount()).toBe(1);
  client.resetAndDestroy();
  await expect
    .poll(() => {
      vi.advanceTimersByTime(1000);
      return held.state;
    })
    .toBe('closed');
  await expect.poll(() => vi.getTimerCount()).toBe(0);
});

test('closing a port that nobody has called leaves no timer', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  closing.push(() => vi.useRealTimers());
  const { listener } = await relay();
  expect(vi.getTimerCount()).toBe(1);
  await listener.close();
  await expect.poll(() => vi.getTimerCount()).toBe(0);
});
