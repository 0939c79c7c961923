// wake-storm.mjs ADDRESS PORT ANSWER: for each number on standard input connects so often, one connection a millisecond, says a line,
// and waits for the answer and the end. Prints how many had it, and of the others what they met and when, as JSON.
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const [host, port, answer] = process.argv.slice(2);
/** So many are open at most: those that are held wait for one start. */
const most = 1500;
let open = 0;

function ask() {
  return new Promise((resolve) => {
    const began = performance.now();
    let said = '';
    open += 1;
    const connection = connect({ host, port: Number(port) });
    const end = (met) => {
      open -= 1;
      connection.destroy();
      resolve({ met, at: new Date(Date.now() - (performance.now() - began)).toISOString() });
    };
    connection.setTimeout(30_000, () => end('nothing'));
    connection.on('data', (chunk) => {
      said += chunk;
    });
    connection.on('end', () => end(said.trim() === answer ? undefined : `only ${said}`));
    connection.on('error', (error) => end(error.code));
    connection.write('hello\n');
  });
}

for await (const line of createInterface({ input: process.stdin })) {
  const asked = [];
  const began = performance.now();
  while (asked.length < Number(line)) {
    // As many as are due by now: a timer that fires late is no reason to fire less.
    while (asked.length < Math.min(Number(line), performance.now() - began) && open < most) asked.push(ask());
    await sleep(1);
  }
  const outcomes = await Promise.all(asked);
  const others = outcomes.filter(({ met }) => met !== undefined);
  console.log(JSON.stringify({ answered: outcomes.length - others.length, others }));
}
