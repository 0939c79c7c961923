// relay-program.mjs PORT TARGET: carries what comes to the port to the target, both on loopback, by src/relay alone.
// `hold` on standard input holds what comes from then on, `release` carries it; `bytes` asks for the resident memory. Each is answered.
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const { listenTcp } = await import(join(import.meta.dirname, '../../build/relay/listen-tcp.js'));
const [port, target] = process.argv.slice(2).map(Number);
const held = [];
let isHolding = false;
const carry = (connection) =>
  connection.carryTo({ host: '127.0.0.1', port: target }).catch(() => connection.refuse());
await listenTcp({
  address: '127.0.0.1',
  port,
  maxHeld: 20_000,
  onConnection: (connection) => {
    if (isHolding) held.push(connection);
    else void carry(connection);
  },
});
console.log('ready');

for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'hold') isHolding = true;
  if (line === 'release') {
    isHolding = false;
    await Promise.all(held.splice(0).map(carry));
  }
  console.log(line === 'bytes' ? process.memoryUsage.rss() : held.length);
}
