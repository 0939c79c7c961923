import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { folder, median, quick, run, time, times, until } from './host.mjs';

const rounds = times(5);
const bytes = (quick ? 256 : 2048) * 1024 * 1024;
const connections = times(5000);
const held = times(10_000);
const released = times(1000);
const ports = { server: 7800, relay: 7801, haproxy: 7802, socat: 7803, proxyd: 7804, dnat: 7805 };
const titles = { relay: 'the relay', haproxy: 'HAProxy', socat: 'socat', proxyd: 'systemd-socket-proxyd' };
const proxyd = '/lib/systemd/systemd-socket-proxyd';

/** Says `x` to who comes, then as many bytes as the client has asked for in a line. */
const serving = `
const piece = Buffer.alloc(1 << 20, 'x');
const server = require('node:net').createServer({ noDelay: true }, (client) => {
  client.on('error', () => undefined).write('x');
  client.once('data', (asked) => {
    let left = Number(asked);
    const go = () => {
      while (left > 0) {
        left -= piece.length;
        if (!client.write(piece)) return client.once('drain', go);
      }
      if (Number(asked) > 0) client.end();
    };
    go();
  });
});
server.listen({ port: ${ports.server}, host: '127.0.0.1', backlog: 4096 }, () => console.log('ready'));`;

/** Asks for bytes, and reads until the server has ended. */
const reading = `
use strict; use Socket; my ($port, $bytes) = @ARGV;
socket(my $socket, PF_INET, SOCK_STREAM, 0) or die; connect($socket, sockaddr_in($port, INADDR_LOOPBACK)) or die "connect: $!";
syswrite $socket, "$bytes\\n"; my $read = 0; my $piece;
while (my $n = sysread($socket, $piece, 1048576)) { $read += $n }
die "$read of $bytes" if $read < $bytes;`;

/** Connects, waits for the server's first byte, and cuts the connection, again and again. */
const knocking = `
use strict; use Socket; my ($port, $count) = @ARGV; my $now = pack('ii', 1, 0); my $to = sockaddr_in($port, INADDR_LOOPBACK);
for (1 .. $count) {
  socket(my $socket, PF_INET, SOCK_STREAM, 0) or die; setsockopt($socket, SOL_SOCKET, SO_LINGER, $now);
  connect($socket, $to) or die "connect: $!"; sysread($socket, my $byte, 1) or die "nothing came: $!"; close $socket;
}`;

/**
 * What the program carries by itself, before the kernel takes over, beside what Debian has for it and the kernel's own DNAT, all on loopback: bytes
 * to a client, new connections, and what it costs to hold some. They take turns, as the machine's speed drifts.
 */
export async function measureRelay() {
  const started = [];
  const start = (command, args, options = {}) => {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'], ...options });
    started.push(child);
    return child;
  };
  const dnat =
    `-p tcp -d 127.0.0.1 --dport ${ports.dnat} -j DNAT --to-destination 127.0.0.1:${ports.server}`.split(' ');
  try {
    await once(start(process.execPath, ['-e', serving]).stdout, 'data');
    await run('iptables', ['-w', '-t', 'nat', '-I', 'OUTPUT', ...dnat]);
    const relay = relayProgram(start);
    await relay.ready;
    const haproxy = start('haproxy', ['-q', '-db', '-f', haproxyFile()]);
    start('socat', [
      `TCP-LISTEN:${ports.socat},bind=127.0.0.1,fork,reuseaddr,backlog=1024`,
      `TCP:127.0.0.1:${ports.server}`,
    ]);
    if (existsSync(proxyd))
      start(
        'systemd-socket-activate',
        ['-l', `127.0.0.1:${ports.proxyd}`, proxyd, '-c', '4096', `127.0.0.1:${ports.server}`],
        { stdio: 'ignore' },
      );
    else console.log('systemd-socket-proxyd is not here: it is of the package systemd');
    const ways = ['dnat', ...Object.keys(titles).filter((name) => name !== 'proxyd' || existsSync(proxyd))];
    for (const way of ways) await until(() => isAnswered(ports[way]), `${way} does not answer`);
    const pids = { relay: relay.pid, haproxy: haproxy.pid };
    return [
      ...throughputRows(await inTurns(ways, (way) => throughput(way, pids))),
      ...rateRows(await inTurns(ways, rate)),
      ...(await holding(relay)),
    ];
  } finally {
    for (const child of started) child.kill('SIGKILL');
    await run('iptables', ['-w', '-t', 'nat', '-D', 'OUTPUT', ...dnat]).catch(() => undefined);
  }
}

function relayProgram(start) {
  const child = start(process.execPath, [
    join(import.meta.dirname, 'relay-program.mjs'),
    String(ports.relay),
    String(ports.server),
  ]);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => Number((await lines.next()).value);
  return {
    pid: child.pid,
    ready: lines.next(),
    ask: (line) => {
      child.stdin.write(`${line}\n`);
      return next();
    },
  };
}

function haproxyFile() {
  const file = join(folder, 'haproxy.cfg');
  const timeouts = ['connect 5s', 'client 1h', 'server 1h']
    .map((timeout) => `  timeout ${timeout}\n`)
    .join('');
  writeFileSync(
    file,
    `global\n  maxconn 4000\ndefaults\n  mode tcp\n${timeouts}listen all\n  bind 127.0.0.1:${ports.haproxy}\n  server one 127.0.0.1:${ports.server}\n`,
  );
  return file;
}

function isAnswered(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('data', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
    setTimeout(() => socket.destroy(), 1000);
  });
}

/** The medians of several rounds of each. */
async function inTurns(ways, measure) {
  const figures = Object.fromEntries(ways.map((way) => [way, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const way of ways) {
      const figure = await measure(way);
      if (round > 0) figures[way].push(figure);
    }
  }
  return figures;
}

/** Gbit/s to the client, and of a proxy that is one process the processor time for a gigabyte. */
async function throughput(way, pids) {
  const before = processorTime(pids[way]);
  const took = await time(() => run('perl', ['-e', reading, String(ports[way]), String(bytes)]));
  return { rate: (bytes * 8) / took / 1e6, cost: (processorTime(pids[way]) - before) / (bytes / 1e9) };
}

const rate = async (way) =>
  connections /
  ((await time(() => run('perl', ['-e', knocking, String(ports[way]), String(connections)]))) / 1000);

/** Milliseconds in user and system mode. */
function processorTime(pid) {
  if (pid === undefined) return Number.NaN;
  const [, , , , , , , , , , , user, system] = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(user) + Number(system)) * 10;
}

function throughputRows(figures) {
  const rateOf = (way) => median(figures[way].map(({ rate }) => rate));
  const costOf = (way) => median(figures[way].map(({ cost }) => cost));
  const [mine, haproxys] = [rateOf('relay'), rateOf('haproxy')];
  return [
    ...Object.keys(figures)
      .filter((way) => way !== 'relay')
      .map((way) => ({
        what: `bytes through ${titles[way] ?? 'bare DNAT'}`,
        value: rateOf(way),
        unit: ' Gbit/s',
      })),
    {
      what: 'bytes through the relay',
      value: mine,
      unit: ' Gbit/s',
      ratio: mine / haproxys,
      against: 'HAProxy',
      target: 'at least 1 x',
      met: mine >= haproxys,
    },
    {
      what: 'processor time of the relay for a gigabyte',
      ms: costOf('relay'),
      ratio: costOf('relay') / costOf('haproxy'),
      against: `HAProxy's ${costOf('haproxy').toFixed(0)} ms`,
    },
  ];
}

function rateRows(figures) {
  const rateOf = (way) => median(figures[way]);
  return Object.keys(figures).map((way) => ({
    what: `new connections through ${titles[way] ?? 'bare DNAT'}, one after the other`,
    value: rateOf(way),
    unit: '/s',
    ...(way !== 'dnat' && { ratio: rateOf(way) / rateOf('dnat'), against: 'bare DNAT' }),
  }));
}

/** What a held connection with a request of 300 bytes costs, and how soon a thousand of them have their first byte. */
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
