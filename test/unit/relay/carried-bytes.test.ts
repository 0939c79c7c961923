import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openRelay, openServer, type TestRelay, type TestServer } from './sockets.ts';

/** Bytes each way of the long run; `NETWRIGHT_TEST_RELAY_BYTES=1073741824` makes it a gigabyte. */
const longRun = Number(process.env['NETWRIGHT_TEST_RELAY_BYTES'] ?? 48 * 1024 * 1024);

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

/** One side of a conversation: how much it sends, in what pieces, and when it rests. */
interface Side {
  readonly bytes: number;
  readonly pieces: readonly number[];
  readonly restEvery: number;
  readonly readsSlowly: boolean;
  /** Ends only when it has heard the other side out. */
  readonly endsLast: boolean;
}

const side = (bytes: number) =>
  fc.record({
    bytes: fc.integer({ min: 0, max: bytes }),
    pieces: fc.array(fc.integer({ min: 1, max: 300_000 }), { minLength: 1, maxLength: 8 }),
    restEvery: fc.integer({ min: 1, max: 20 }),
    readsSlowly: fc.boolean(),
    endsLast: fc.boolean(),
  });

/** Bytes that never repeat with a period of the pieces. */
const noise = Buffer.from(Array.from({ length: 65_521 }, (_, index) => (index * 2_654_435_761) >>> 24));

/** Sends, ends, and hears the other side out; the digests of what it sent and of what it heard. */
async function talk(socket: Socket, { bytes, pieces, restEvery, readsSlowly, endsLast }: Side) {
  const [sent, heard] = [createHash('sha256'), createHash('sha256')];
  const hearing = new Promise<void>((resolve, reject) => {
    socket.on('data', (chunk: Buffer) => {
      heard.update(chunk);
      if (!readsSlowly) return;
      socket.pause();
      setImmediate(() => socket.resume());
    });
    socket.once('end', resolve);
    socket.once('error', reject);
  });
  let [left, round] = [bytes, 0];
  while (left > 0) {
    // Pieces of a byte until the end would take for ever.
    const length = Math.min(left, round < 100 ? (pieces[round % pieces.length] ?? 1) : 60_000 + round);
    const from = round % 97;
    const piece =
      length <= noise.length - from ? noise.subarray(from, from + length) : Buffer.alloc(length, round);
    sent.update(piece);
    left -= length;
    round += 1;
    if (!socket.write(piece)) await new Promise((resolve) => socket.once('drain', resolve));
    if (round % restEvery === 0) await (round % 3 === 0 ? pause(1) : turn());
  }
  if (endsLast) await hearing;
  socket.end();
  await hearing;
  return { sent: sent.digest('hex'), heard: heard.digest('hex') };
}

async function converse(client: Side, served: Side): Promise<void> {
  const dialled = await relay.dial();
  const asking = talk(dialled.client, client);
  await turn();
  await dialled.held.carryTo({ host: '127.0.0.1', port: server.port });
  const answering = talk(await server.next(), served);
  const [asked, answered] = await Promise.all([asking, answering]);
  expect(asked.heard).toBe(answered.sent);
  expect(answered.heard).toBe(asked.sent);
  expect(await dialled.held.closed).toBe('finished');
  expect(dialled.held.traffic).toMatchObject({ toTarget: client.bytes, toClient: served.bytes });
}

test('the bytes are the same both ways whatever the pieces, the pauses, and who ends first', async () => {
  await fc.assert(
    fc.asyncProperty(side(2_000_000), side(2_000_000), async (client, served) => {
      fc.pre(!(client.endsLast && served.endsLast));
      await converse(client, served);
    }),
    { numRuns: 25 },
  );
}, 120_000);

test(`${longRun} bytes each way at once arrive as they were sent`, async () => {
  const long = { bytes: longRun, restEvery: 50, readsSlowly: false, endsLast: false };
  await converse(
    { ...long, pieces: [1, 65_536, 70_001, 4096] },
    { ...long, pieces: [131_072, 17, 1500], readsSlowly: true },
  );
}, 600_000);

test('a server that reads nothing holds the client up, and what was sent arrives when it reads', async () => {
  const { client, held } = await relay.dial();
  await held.carryTo({ host: '127.0.0.1', port: server.port });
  const served = await server.next();
  await heldUp(client, served);
});

test('a client that reads nothing holds the server up, and what was sent arrives when it reads', async () => {
  const { client, held } = await relay.dial();
  await held.carryTo({ host: '127.0.0.1', port: server.port });
  await heldUp(await server.next(), client);
});

/** The writer is stopped by the bounds of sockets and the relay, far below what it would send; nothing is lost of it. */
async function heldUp(writer: Socket, reader: Socket): Promise<void> {
  const bounds = 64 * 1024 * 1024;
  const piece = Buffer.alloc(1024 * 1024, 'x');
  let written = 0;
  let stopped = false;
  while (!stopped && written < bounds) {
    written += piece.length;
    if (writer.write(piece)) continue;
    stopped = !(await Promise.race([
      new Promise((resolve) => writer.once('drain', () => resolve(true))),
      pause(500).then(() => false),
    ]));
  }
  expect(written).toBeLessThan(bounds);
  writer.end();
  let read = 0;
  await new Promise((resolve) => {
    reader.on('data', (chunk: Buffer) => {
      read += chunk.length;
    });
    reader.once('end', resolve);
  });
  expect(read).toBe(written);
}
