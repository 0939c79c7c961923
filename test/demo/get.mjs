// get.mjs ADDRESS PORT: asks the sample container there who it is, from the network namespace this runs in; prints what came of it.
import { get } from 'node:http';

const [address, port] = process.argv.slice(2);
const patience = 600;

const end = (outcome) => {
  process.stdout.write(JSON.stringify(outcome));
  process.exit();
};

const asked = get(`http://${address}:${port}/cgi-bin/who`, { agent: false }, (answer) => {
  let text = '';
  answer.setEncoding('utf8');
  answer.on('data', (chunk) => {
    text += chunk;
  });
  answer.on('end', () => {
    const [, by, client] = /^(\S+) \[(?:::ffff:)?(.+)\]\s*$/.exec(text) ?? [];
    end({ kind: 'answered', by, client });
  });
});
asked.on('error', ({ code }) => {
  if (code === 'ECONNREFUSED') end({ kind: 'refused' });
  if (code === 'ENETUNREACH' || code === 'EHOSTUNREACH') end({ kind: 'unreachable' });
  process.stderr.write(`${code}\n`);
  process.exit(1);
});
setTimeout(() => end({ kind: 'no answer' }), patience);
