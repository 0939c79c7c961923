import { readFileSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { engine, folder, median, quantile, socketPath, times, until } from './host.mjs';
import { clientOutside, hostAddress, ofTheHost, remove, start, startDaemon } from './wake-scene.mjs';

const wakes = times(40);
const crowds = times(5);
const held = 1000;
const bareStarts = 20;
/** When the application began to listen. */
const listens = join(folder, 'listens');

/** Says when it began to listen, and then a line to who says one. */
const server = (slowly) => `
use strict; use Socket; use Time::HiRes qw(time sleep); sleep(${slowly});
socket(my $server, PF_INET6, SOCK_STREAM, 0) or die; bind($server, pack_sockaddr_in6(80, "\\0" x 16)) or die; listen($server, 4096) or die;
my $now = time; open(my $report, '>', '/report/listens') or die; printf $report "%.6f", $now; close $report;
while (1) { accept(my $client, $server) or next; syswrite $client, "hello\\n" if sysread $client, my $line, 100; close $client }`;

/** So many connect, each says a line; prints when the first began, and when each had its first byte, by the host's clock. */
const client = `
use strict; use Socket; use Time::HiRes qw(time); my ($address, $port, $count) = @ARGV; my $to = sockaddr_in($port, inet_aton($address));
my $began = time; my %waiting; my @answered;
for (1 .. $count) {
  socket(my $socket, PF_INET, SOCK_STREAM, 0) or die; connect($socket, $to) or die "connect: $!"; syswrite $socket, "hello\\n";
  $waiting{fileno $socket} = $socket;
}
while (%waiting) {
  my $read = ''; vec($read, $_, 1) = 1 for keys %waiting; select($read, undef, undef, 60) or die "nothing came";
  for (grep { vec($read, $_, 1) } keys %waiting) {
    sysread($waiting{$_}, my $byte, 100) or die "no answer: $!"; push @answered, time; delete $waiting{$_};
  }
}
printf "%.6f\\n", $_ for $began, @answered;`;

/**
 * What it costs that a container sleeps: from a client's connect to its first byte, less what the engine's `start` took and what the
 * application took from then on to listen. What the daemon does beside may make those two longer, so they are told beside a start
 * without it. Milliseconds.
 */
export async function measureColdStart() {
  const engineSocket = join(folder, 'engine.sock');
  const starts = await listenBefore(engineSocket);
  const lan = await clientOutside();
  await ofTheHost('quick', ['/usr/bin/perl', '-e', server(0)]);
  await ofTheHost('slow', ['/usr/bin/perl', '-e', server(2)]);
  const bare = await collected(times(bareStarts), () => startBare('quick'));
  const entry = (name) => ({ target: { container_name: name, port: 80 }, stop_timeout: 0 });
  const daemon = await startDaemon(
    { quick: { listen: 9090, ...entry('quick') }, slow: { listen: 9091, ...entry('slow') } },
    { DOCKER_HOST: `unix://${engineSocket}` },
  );
  const startsTook = [];
  const wake = async (name, port, count) => {
    rmSync(listens, { force: true });
    const lines = await lan.perl(client, hostAddress, port, count);
    const [began, ...answered] = lines
      .trim()
      .split('\n')
      .map((line) => Number(line) * 1000);
    const { asked, done } = starts.last();
    const ready = Math.max(done, listensSince());
    if (count === 1) startsTook.push(ready - asked);
    await daemon.said('"message":"awake"', `"on_demand":"${name}"`);
    await sleep(300);
    await engine('POST', `/containers/${name}/kill`);
    await daemon.said('"message":"asleep"', `"on_demand":"${name}"`);
    await sleep(300);
    return answered.map((at) => at - began - (ready - asked));
  };
  try {
    const alone = await collected(wakes, () => wake('quick', 9090, 1));
    const together = await collected(crowds, () => wake('slow', 9091, held));
    return [
      row('added to a cold start', alone, 0.5, 15),
      row('added to a cold start, 99 of 100', alone, 0.99, 50),
      row(`added to a cold start with ${held} held clients, 99 of 100`, together, 0.99, 250),
      {
        what: 'the start itself and the application, beside the daemon',
        ms: median(startsTook.slice(1)),
        against: `${median(bare).toFixed(0)} ms without`,
      },
    ];
  } finally {
    await daemon.stop();
    starts.stop();
    await lan.stop();
    await remove('quick');
    await remove('slow');
  }
}

/** From the request until it is answered and the application listens; the container is killed again. */
async function startBare(name) {
  rmSync(listens, { force: true });
  const began = now();
  await start(name);
  const done = now();
  await until(() => listensSince() > 0, `${name} does not listen`, 5);
  await sleep(300);
  await engine('POST', `/containers/${name}/kill`);
  await sleep(300);
  return [Math.max(done, listensSince()) - began];
}

const now = () => performance.timeOrigin + performance.now();

/** By the host's clock; 0: nobody has said so yet. */
function listensSince() {
  try {
    return Number(readFileSync(listens, 'utf8')) * 1000;
  } catch {
    return 0;
  }
}

/** The first is not counted. */
async function collected(rounds, work) {
  await work();
  const all = [];
  for (let round = 0; round < rounds; round++) all.push(...(await work()));
  return all;
}

function row(what, figures, part, most) {
  const ms = quantile(figures, part);
  return { what, ms, target: `under ${most} ms`, met: ms < most };
}

/** The engine at another socket, where it is seen when a container's start was last asked for and when that was answered. */
async function listenBefore(path) {
  let last;
  const server = createServer((client) => {
    const behind = connect(socketPath);
    let waiting;
    client.on('data', (chunk) => {
      if (!/^POST [^ ]*\/start /.test(chunk.toString('latin1', 0, 200))) return;
      waiting = { asked: now() };
    });
    behind.on('data', () => {
      if (waiting !== undefined) last = { ...waiting, done: now() };
      waiting = undefined;
    });
    for (const [one, other] of [
      [client, behind],
      [behind, client],
    ])
      one.on('error', () => other.destroy()).pipe(other);
  });
  await new Promise((resolve) => server.listen(path, resolve));
  return { last: () => last, stop: () => server.close() };
}
