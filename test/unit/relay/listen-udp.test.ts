import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { afterEach, expect, test } from 'vitest';
import type { DatagramClient } from '../../../src/relay/datagram-client.ts';
import { listenUdp, type UdpListener, type UdpListenOptions } from '../../../src/relay/listen-udp.ts';
import { openPost, type Post } from './datagrams.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function post(options: Parameters<typeof openPost>[0] = {}): Promise<Post> {
  const opened = await openPost(options);
  closing.push(() => opened.socket.close());
  return opened;
}

async function relay({
  everywhere = false,
  ...options
}: Partial<UdpListenOptions> & { readonly everywhere?: boolean } = {}): Promise<{
  readonly listener: UdpListener;
  readonly clients: readonly DatagramClient[];
}> {
  const clients: DatagramClient[] = [];
  const listener = await listenUdp({
    ...(!everywhere && { address: '127.0.0.1' }),
    port: 0,
    maxClients: 10,
    idle: 60_000,
    onClient: (client) => clients.push(client),
    ...options,
  });
  closing.push(() => listener.close());
  return { listener, clients };
}

async function heldClient(clients: readonly DatagramClient[]): Promise<DatagramClient> {
  await expect.poll(() => clients[0]).toBeDefined();
  const [client] = clients;
  if (client === undefined) throw new TypeError('none');
  return client;
}

test('datagrams that came before the target was there come first and in order, and the answers come from the port that was asked', async () => {
  const [target, asker] = [await post({ echo: true }), await post()];
  const { listener, clients } = await relay();
  const numbers = Array.from({ length: 50 }, (_, index) => String(index));
  for (const number of numbers) asker.socket.send(number, listener.address.port, '127.0.0.1');
  const client = await heldClient(clients);
  await expect.poll(() => client.traffic.dropped).toBe(0);
  await client.carryTo({ host: '127.0.0.1', port: target.port });
  asker.socket.send('', listener.address.port, '127.0.0.1');
  asker.socket.send('last', listener.address.port, '127.0.0.1');
  await expect.poll(() => target.texts.length).toBe(52);
  expect(target.texts).toEqual([...numbers, '', 'last']);
  await expect.poll(() => asker.texts.length).toBe(52);
  expect(asker.texts.at(-1)).toBe('re: last');
  expect(new Set(asker.from.map(({ port }) => port))).toEqual(new Set([listener.address.port]));
  expect(clients).toHaveLength(1);
  expect(client.traffic).toMatchObject({ datagramsToTarget: 52, datagramsToClient: 52, dropped: 0 });
});

test('more than is kept of a client is dropped and counted, the oldest stay', async () => {
  const [target, asker] = [await post(), await post()];
  const { listener, clients } = await relay({ keepDatagrams: 3 });
  for (const text of ['1', '2', '3', '4', '5']) asker.socket.send(text, listener.address.port, '127.0.0.1');
  const client = await heldClient(clients);
  await expect.poll(() => client.traffic.dropped).toBe(2);
  await client.carryTo({ host: '127.0.0.1', port: target.port });
  await expect.poll(() => target.texts).toEqual(['1', '2', '3']);
});

test('the bytes that are kept of a client are bounded, too', async () => {
  const [target, asker] = [await post(), await post()];
  const { listener, clients } = await relay({ keepBytes: 1000 });
  for (const text of ['a'.repeat(900), 'b'.repeat(200), 'c'.repeat(100)])
    asker.socket.send(text, listener.address.port, '127.0.0.1');
  const client = await heldClient(clients);
  await expect.poll(() => client.traffic.dropped).toBe(1);
  await client.carryTo({ host: '127.0.0.1', port: target.port });
  await expect.poll(() => target.texts).toEqual(['a'.repeat(900), 'c'.repeat(100)]);
});

test('more clients than there is room for are dropped and counted', async () => {
  const { listener, clients } = await relay({ maxClients: 2 });
  for (let number = 0; number < 4; number++)
    (await post()).socket.send('hello', listener.address.port, '127.0.0.1');
  await expect.poll(() => listener.counts).toMatchObject({ accepted: 2, held: 2, overflowed: 2 });
  expect(clients).toHaveLength(2);
});

test('who is not among the sources is dropped and counted', async () => {
  const asker = await post();
  const { listener, clients } = await relay({ sources: ['192.0.2.0/24', '2001:db8::/32'] });
  asker.socket.send('hello', listener.address.port, '127.0.0.1');
  await expect.poll(() => listener.counts.foreign).toBe(1);
  expect(clients).toHaveLength(0);
});

test('each client has answers of its own', async () => {
  const target = await post({ echo: true });
  const askers = [await post(), await post(), await post()];
  const { listener } = await relay({
    onClient: (client) => void client.carryTo({ host: '127.0.0.1', port: target.port }),
  });
  for (const [index, { socket }] of askers.entries())
    socket.send(String(index), listener.address.port, '127.0.0.1');
  await expect.poll(() => askers.map(({ texts }) => texts)).toEqual([['re: 0'], ['re: 1'], ['re: 2']]);
});

test('a client that is quiet for long is forgotten, and comes again as another', async () => {
  const [target, asker] = [await post({ echo: true }), await post()];
  const { listener, clients } = await relay({ idle: 100 });
  asker.socket.send('one', listener.address.port, '127.0.0.1');
  const client = await heldClient(clients);
  await client.carryTo({ host: '127.0.0.1', port: target.port });
  expect(await client.closed).toBe('idle');
  expect(listener.counts).toMatchObject({ held: 0, carried: 0 });
  asker.socket.send('two', listener.address.port, '127.0.0.1');
  await expect.poll(() => clients.length).toBe(2);
});

test('a client that was refused is forgotten with what was kept', async () => {
  const asker = await post();
  const { listener, clients } = await relay();
  asker.socket.send('one', listener.address.port, '127.0.0.1');
  const client = await heldClient(clients);
  client.refuse();
  expect(await client.closed).toBe('refused');
  expect(client.traffic.dropped).toBe(1);
  await expect(client.carryTo({ host: '127.0.0.1', port: 9 })).resolves.toBe(false);
  expect(listener.clients.size).toBe(0);
});

test('a target whose port is closed costs datagrams that are counted, and nothing else', async () => {
  const [target, asker] = [await openPost(), await post()];
  const { listener, clients } = await relay();
  asker.socket.send('one', listener.address.port, '127.0.0.1');
  const client = await heldClient(clients);
  target.socket.close();
  await client.carryTo({ host: '127.0.0.1', port: target.port });
  await expect
    .poll(() => {
      asker.socket.send('again', listener.address.port, '127.0.0.1');
      return client.traffic.dropped;
    })
    .toBeGreaterThan(0);
  expect(client.state).toBe('carried');
});

const hasIpv6 = Object.values(networkInterfaces()).some((all) =>
  all?.some(({ address }) => address === '::1'),
);

test.skipIf(!hasIpv6)(
  'without an address both families are served, each address answering for itself',
  async () => {
    const target = await post({ echo: true });
    const { listener } = await relay({
      everywhere: true,
      onClient: (client) => void client.carryTo({ host: '127.0.0.1', port: target.port }),
    });
    const [four, six] = [await post(), await post({ address: '::1' })];
    four.socket.send('four', listener.address.port, '127.0.0.1');
    six.socket.send('six', listener.address.port, '::1');
    await expect.poll(() => [four.texts, six.texts]).toEqual([['re: four'], ['re: six']]);
    expect([four.from[0]?.address, six.from[0]?.address]).toEqual(['127.0.0.1', '::1']);
    expect([...listener.clients].map(({ local }) => local.address).sort()).toEqual(['127.0.0.1', '::1']);
  },
);

test('a port that another program has is told with its address', async () => {
  const other = await post();
  const options = { maxClients: 1, idle: 1000, port: other.port, onClient: () => undefined };
  await expect(listenUdp({ ...options, address: '127.0.0.1' })).rejects.toMatchObject({
    code: 'LISTEN_FAILED',
    message: `cannot listen on 127.0.0.1:${other.port}: another program has it`,
  });
});

test('nor is a port without an address shared with a program that would share it', async () => {
  const other = createSocket({ type: 'udp4', reuseAddr: true });
  closing.push(() => other.close());
  other.bind(0);
  await once(other, 'listening');
  const { port } = other.address();
  await expect(
    listenUdp({ maxClients: 1, idle: 1000, port, onClient: () => undefined }),
  ).rejects.toMatchObject({ message: `cannot listen on port ${port}: another program has it` });
});

test('the port is free once it is closed', async () => {
  const { listener } = await relay();
  await listener.close();
  const again = await listenUdp({
    address: '127.0.0.1',
    port: listener.address.port,
    maxClients: 1,
    idle: 1000,
    onClient: () => undefined,
  });
  await again.close();
});
