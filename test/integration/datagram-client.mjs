// Sends so many datagrams for each line of standard input from one UDP port, so many ms apart, and prints the answers to them as a line of JSON,
// when all have come or nothing has for so long.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const [host, port, silenceMs] = process.argv.slice(2);
const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
const answers = [];
socket.on('message', (answer, { address, port: from }) => {
  answers.push({ text: `${answer}`, from: `${address} ${from}` });
});
socket.bind();
await once(socket, 'listening');
process.stdout.write('ready\n');

for await (const line of createInterface({ input: process.stdin })) {
  const [count, everyMs] = line.split(' ').map(Number);
  answers.length = 0;
  for (let index = 0; index < count; index++) {
    socket.send(`${index}`, Number(port), host);
    if (everyMs > 0) await sleep(everyMs);
  }
  for (let silent = 0, heard = 0; answers.length < count && silent < Number(silenceMs); silent += 20) {
    if (answers.length !== heard) silent = 0;
    heard = answers.length;
    await sleep(20);
  }
  process.stdout.write(`${JSON.stringify(answers)}\n`);
}
socket.close();
