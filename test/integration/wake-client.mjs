// Asks a web server for a path, so many times at once or with gaps of one to five times so many ms; prints what came, but for its head, as JSON.
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const [host, port, path, count = '1', everyMs = '0'] = process.argv.slice(2);

function ask() {
  return new Promise((resolve) => {
    const began = performance.now();
    let said = '';
    const end = (outcome) => resolve({ ...outcome, milliseconds: performance.now() - began });
    const connection = connect({ host, port: Number(port) });
    connection.setTimeout(60_000, () => {
      end({ error: 'no answer' });
      connection.destroy();
    });
    connection.write(`GET ${path} HTTP/1.0\r\n\r\n`);
    connection.on('data', (chunk) => {
      said += chunk;
    });
    connection.on('end', () =>
      end(said === '' ? { error: 'closed' } : { body: said.split('\r\n\r\n').at(-1).trim() }),
    );
    connection.on('error', (error) => end({ error: error.code }));
  });
}

const asked = [];
for (let index = 0; index < Number(count); index++) {
  asked.push(ask());
  if (Number(everyMs) > 0) await sleep(Number(everyMs) * (1 + (index % 5)));
}
process.stdout.write(JSON.stringify(await Promise.all(asked)));
