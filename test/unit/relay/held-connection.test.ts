import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { endOf, openRelay, openServer, readAll, type TestRelay, type TestServer } from './sockets.ts';

let server: TestServer;
let relay: TestRelay;
beforeEach(async () => {
  server = await openServer();
  relay = await openRelay();
});
afterEach(async () => {
  for (const connection of relay.held) connection.refuse();
  await relay.listener.close();
  server.close();
});
const target = () => ({ host: '127.0.0.1', port: server.port });

test('what a client sends while it is held comes first, then the rest, and the answer goes back', async () => {
  const { client, held } = await relay.dial();
  // One after the other, so that each comes by itself: what is kept is kept in order.
  for (const piece of ['e', 'a', 'r', 'l', 'y', ' ']) {
    client.write(piece);
    await sleep(20);
  }
  expect(held.state).toBe('held');
  await expect(held.carryTo(target())).resolves.toBe(true);
  const served = await server.next();
  client.end('late');
  expect((await readAll(served)).toString()).toBe('early late');
  served.end('answer');
  expect((await readAll(client)).toString()).toBe('answer');
  expect(await held.closed).toBe('finished');
  expect(held.traffic).toMatchObject({ toTarget: 10, toClient: 6 });
});

test('a client that ended while it was held still gets its answer', async () => {
  const { client, held } = await relay.dial();
  client.end('question');
  await expect.poll(() => held.clientEnded).toBe(true);
  await held.carryTo(target());
  const served = await server.next();
  expect((await readAll(served)).toString()).toBe('question');
  expect(held.halfOpen).toBe(true);
  served.end('answer');
  expect((await readAll(client)).toString()).toBe('answer');
});

test('a server that ends first still hears its client out', async () => {
  const { client, held } = await relay.dial();
  await held.carryTo(target());
  const served = await server.next();
  served.end('answer');
  expect((await readAll(client)).toString()).toBe('answer');
  client.end('and yet');
  expect((await readAll(served)).toString()).toBe('and yet');
  expect(await held.closed).toBe('finished');
});

test('a reset by the client is a reset for the server', async () => {
  const { client, held } = await relay.dial();
  await held.carryTo(target());
  const served = await server.next();
  client.resetAndDestroy();
  expect(await endOf(served)).toBe('ECONNRESET');
  expect(await held.closed).toBe('client failed');
});

test('a reset by the server is a reset for the client, after what was sent before it', async () => {
  const { client, held } = await relay.dial();
  await held.carryTo(target());
  const served = await server.next();
  served.write('last words', () => served.resetAndDestroy());
  let heard = '';
  client.on('data', (chunk: Buffer) => {
    heard += chunk.toString();
  });
  expect(await endOf(client)).toBe('ECONNRESET');
  expect(heard).toBe('last words');
  expect(await held.closed).toBe('target failed');
});

test('a target that refuses leaves the connection held, with what it sent', async () => {
  const { client, held } = await relay.dial();
  client.write('patience');
  const gone = await openServer();
  gone.close();
  await expect(held.carryTo({ host: '127.0.0.1', port: gone.port })).rejects.toMatchObject({
    code: 'ECONNREFUSED',
  });
  expect(held.state).toBe('held');
  await held.carryTo(target());
  const served = await server.next();
  client.end();
  expect((await readAll(served)).toString()).toBe('patience');
});

test('a refused client sees a reset', async () => {
  const { client, held } = await relay.dial();
  const end = endOf(client);
  held.refuse();
  expect(await end).toBe('ECONNRESET');
  expect(await held.closed).toBe('refused');
  expect(relay.listener.counts.held).toBe(0);
});

test('a client that resets while it is held is no longer counted', async () => {
  const { client, held } = await relay.dial();
  expect(relay.listener.counts.held).toBe(1);
  client.resetAndDestroy();
  expect(await held.closed).toBe('client failed');
  expect(relay.listener.counts.held).toBe(0);
  await expect(held.carryTo(target())).resolves.toBe(false);
});

test('a client that is held up after the server has ended is looked after without harm', async () => {
  const { client, held } = await relay.dial();
  await held.carryTo(target());
  const served = await server.next();
  served.end();
  await readAll(client);
  const sent = Buffer.alloc(32 * 1024 * 1024, 'x');
  client.end(sent);
  await expect.poll(() => held.traffic.toTarget).toBeGreaterThan(0);
  const probing = setInterval(() => held.probe(), 1);
  await expect.poll(() => held.traffic.quiet).toBeGreaterThan(50);
  expect((await readAll(served)).length).toBe(sent.length);
  clearInterval(probing);
  expect(await held.closed).toBe('finished');
});
