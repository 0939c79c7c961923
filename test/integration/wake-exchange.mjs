// wake-exchange.mjs ADDRESS PORT BYTES CONNECTIONS: sends so many bytes and receives as many, spread by chance over the connections, each direction
// of which ends by itself. Prints what was not as it should be, in either direction, as JSON.
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const [host, port, bytes, count] = [process.argv[2], ...process.argv.slice(3).map(Number)];
const pattern = Buffer.from(Array.from({ length: 150_001 }, (_, index) => index).join(','));
const twice = Buffer.concat([pattern, pattern]);
const piece = 262_144;

/** Parts of the whole, by chance. */
function shares() {
  const weights = Array.from({ length: count }, () => Math.random() ** 3 + 0.001);
  const sum = weights.reduce((all, weight) => all + weight, 0);
  return weights.map((weight) => Math.ceil((weight / sum) * bytes));
}

async function exchange(id, up, down) {
  const start = (id * 7919) % pattern.length;
  const client = connect({ host, port, allowHalfOpen: true });
  client.write(`${id} ${start} ${up} ${down}\n`);
  let [read, isSame] = [0, true];
  client.on('data', (chunk) => {
    const at = (start + read) % pattern.length;
    if (!twice.subarray(at, at + chunk.length).equals(chunk)) isSame = false;
    read += chunk.length;
    // One in four reads slowly.
    if (id % 4 === 0) {
      client.pause();
      setTimeout(() => client.resume(), 1);
    }
  });
  const ended = once(client, 'end');
  for (let sent = 0; sent < up; ) {
    const at = (start + sent) % pattern.length;
    const length = Math.min(piece, up - sent);
    sent += length;
    if (!client.write(twice.subarray(at, at + length))) await once(client, 'drain');
  }
  client.end();
  await ended;
  return read === down && isSame
    ? []
    : [`${id}: ${read} of ${down} bytes, ${isSame ? 'the same' : 'others'}`];
}

async function verdicts() {
  const client = connect({ host, port });
  client.write('verdicts 0 0 0\n');
  return (await client.setEncoding('utf8').toArray()).join('');
}

const [ups, downs] = [shares(), shares()];
const wrong = (await Promise.all(ups.map((up, id) => exchange(id, up, downs[id])))).flat();
const wanted = ups.map((up, id) => `${id} ${up} same`);
let said = [];
// The last one's verdict is written when its end has come there.
for (let tries = 0; tries < 300 && said.length < count; tries++) {
  await sleep(100);
  said = (await verdicts()).trim().split('\n');
}
wrong.push(...wanted.filter((line) => !said.includes(line)).map((line) => `${line}, said nowhere`));
process.stdout.write(JSON.stringify({ wrong, said: said.length }));
