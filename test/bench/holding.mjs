import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { time, times, until } from './host.mjs';

const held = times(10_000);
const released = times(1000);
const ports = { server: 7800, relay: 7801 };

/** Says `x` to who comes. */
const serving = `
const server = require('node:net').createServer({ noDelay: true }, (client) => {
  client.on('error', () => undefined).resume().write('x');
});
server.listen({ port: ${ports.server}, host: '127.0.0.1', backlog: 4096 }, () => console.log('ready'));`;

/** What a held connection with a request of 300 bytes costs, and how soon a thousand of them have their first byte: the relay alone, on loopback. */
export async function measureHolding() {
  const server = spawn(process.execPath, ['-e', serving], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(server.stdout, 'data');
  const relay = startRelay();
  await relay.ready;
  try {
    return await holding(relay);
  } finally {
    server.kill('SIGKILL');
    relay.kill();
  }
}

function startRelay() {
  const argv = [join(import.meta.dirname, 'relay-program.mjs'), String(ports.relay), String(ports.server)];
  const child = spawn(process.execPath, argv, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    ready: lines.next(),
    kill: () => child.kill('SIGKILL'),
    ask: async (line) => {
      child.stdin.write(`${line}\n`);
      return Number((await lines.next()).value);
    },
  };
}

async function holding(relay) {
  const clients = [];
  const call = async (count) => {
    const answered = [];
    while (clients.length < count) {
      const client = connect(ports.relay, '127.0.0.1');
      clients.push(client);
      answered.push(once(client, 'data'));
      client.on('error', () => undefined);
      client.write('0'.padEnd(299, ' ').concat('\n'));
      if (clients.length % 100 === 0) await once(client, 'connect');
    }
    await until(async () => (await relay.ask('hold')) === count, 'not all are held');
    return answered;
  };
  await relay.ask('hold');
  const answers = await call(released);
  const took = await time(() => Promise.all([relay.ask('release'), ...answers]));
  for (const client of clients.splice(0)) client.destroy();
  await sleep(1000);
  await relay.ask('hold');
  const before = await relay.ask('bytes');
  for (const answer of await call(held)) answer.catch(() => undefined);
  const each = ((await relay.ask('bytes')) - before) / held / 1000;
  for (const client of clients) client.destroy();
  return [
    {
      what: `memory for a connection that is held, of ${held}`,
      value: each,
      unit: ' kB',
      target: 'under 20 kB',
      met: each < 20,
    },
    {
      what: `${released} held clients, from their release to the last one's first byte`,
      ms: took,
      target: 'under 250 ms',
      met: took < 250,
    },
  ];
}
