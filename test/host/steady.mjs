// steady.mjs: keeps TCP connections to echoing listeners alive. The first line of standard input says which, as JSON:
// [{ name, address, port, count }]; it prints `open` once all are. Each sends a numbered line every half second and has to get the same
// lines back in order. Any later line of input is answered with one line of JSON: by name the two ports of those that are `alive` and
// `silent` (nothing came back for a second and a half, or they ended), and what came back in disorder.
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

const everyMs = 500;
const silentMs = 1500;
const atOnce = 50;

const open = ({ name, address, port }) =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, noDelay: true });
    const connection = { name, port, socket, sent: 0, heard: 0, heardAt: 0, localPort: 0, disorder: [] };
    const lines = createInterface({ input: socket });
    socket.on('error', (error) => (connection.localPort === 0 ? reject(error) : undefined));
    lines.on('error', () => {});
    lines.once('line', () => {
      connection.localPort = socket.localPort;
      connection.heardAt = performance.now();
      lines.on('line', (line) => {
        connection.heard += 1;
        connection.heardAt = performance.now();
        if (line !== `${connection.heard}`) connection.disorder.push(line);
      });
      resolve(connection);
    });
  });

const send = (connection) => {
  if (connection.socket.destroyed) return;
  connection.sent += 1;
  connection.socket.write(`${connection.sent}\n`);
};

const report = (connections) => {
  const now = performance.now();
  const found = {};
  for (const { name, port, localPort, heardAt, disorder } of connections) {
    found[name] ??= { alive: [], silent: [], disorder: [] };
    found[name][now - heardAt > silentMs ? 'silent' : 'alive'].push(`${localPort} ${port}`);
    found[name].disorder.push(...disorder);
  }
  return found;
};

const input = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const { value: asked } = await input.next();
const wanted = JSON.parse(asked).flatMap(({ count, ...rest }) => Array.from({ length: count }, () => rest));
const connections = [];
for (let from = 0; from < wanted.length; from += atOnce)
  connections.push(...(await Promise.all(wanted.slice(from, from + atOnce).map(open))));
// Spread over the period, so that there is traffic at every moment.
for (const [index, connection] of connections.entries())
  setTimeout(() => setInterval(send, everyMs, connection), (index * everyMs) / connections.length);
process.stdout.write('open\n');
for await (const _ of { [Symbol.asyncIterator]: () => input })
  process.stdout.write(`${JSON.stringify(report(connections))}\n`);
process.exit(0);
