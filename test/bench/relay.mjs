import { setTimeout as sleep } from 'node:timers/promises';
import { measureHolding } from './holding.mjs';
import { median, netwright, quick, run, time, times, until } from './host.mjs';
import { startRivals } from './rivals.mjs';
import {
  addressOf,
  clientOutside,
  hostAddress,
  ofTheHost,
  remove,
  start,
  startDaemon,
} from './wake-scene.mjs';

const rounds = times(5);
const bytes = (quick ? 128 : 1024) * 1024 * 1024;
const titles = {
  kernel: "netwright's DNAT",
  program: 'the program, before the kernel takes over',
  dnat: 'bare DNAT',
  haproxy: 'HAProxy',
  socat: 'socat',
  proxyd: 'systemd-socket-proxyd',
};
/** Connections in one round; who makes a process for each has fewer. */
const connections = (way) => times(['socat', 'proxyd'].includes(way) ? 500 : 4000);

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
server.listen({ port: 80, backlog: 4096 });`;

/** Asks for bytes, and reads until the server has ended. */
const reading = `
use strict; use Socket; my ($address, $port, $bytes) = @ARGV;
socket(my $socket, PF_INET, SOCK_STREAM, 0) or die; connect($socket, sockaddr_in($port, inet_aton($address))) or die "connect: $!";
syswrite $socket, "$bytes\\n"; my $read = 0; my $piece;
while (my $n = sysread($socket, $piece, 1048576)) { $read += $n }
die "$read of $bytes" if $read < $bytes;`;

/** Connects, waits for the server's first byte, and cuts the connection, again and again. */
const knocking = `
use strict; use Socket; my ($address, $port, $count) = @ARGV; my $now = pack('ii', 1, 0); my $to = sockaddr_in($port, inet_aton($address));
for (1 .. $count) {
  socket(my $socket, PF_INET, SOCK_STREAM, 0) or die; setsockopt($socket, SOL_SOCKET, SO_LINGER, $now);
  connect($socket, $to) or die "connect: $!"; sysread($socket, my $byte, 1) or die "nothing came: $!"; close $socket;
}`;

/**
 * Bytes to a client outside and new connections of it, to a container that is awake: by netwright's DNAT, through its program, by a DNAT made by
 * hand, and through what Debian has. They take turns, as the machine's speed drifts, and are compared round by round. Then what it costs to hold some.
 */
export async function measureRelay() {
  const lan = await clientOutside();
  for (const name of ['served', 'bare']) {
    await ofTheHost(name, ['/usr/bin/node', '-e', serving]);
    await start(name);
  }
  const [address, bare] = [await addressOf('served'), await addressOf('bare')];
  await run('sysctl', ['-qw', 'net.netfilter.nf_conntrack_tcp_timeout_close=1']);
  const dnat = `-i lan0 -p tcp --dport 7805 -j DNAT --to-destination ${bare}:80`.split(' ');
  await run('iptables', ['-w', '-t', 'nat', '-I', 'PREROUTING', ...dnat]);
  const accept = `-i lan0 -d ${bare} -p tcp --dport 80 -j ACCEPT`.split(' ');
  await run('iptables', ['-w', '-I', 'DOCKER-USER', ...accept]);
  const rivals = startRivals({ address, port: 80 });
  const target = { container_name: 'served', port: 80 };
  const daemon = await startDaemon({
    kernel: { listen: 9090, target },
    program: { listen: 9091, target, handover: false },
  });
  const ports = { kernel: 9090, program: 9091, dnat: 7805, ...rivals.ports };
  try {
    await until(isHandedOver, 'the kernel does not take over');
    for (const port of Object.values(ports))
      await until(() => isAnswered(lan, port), `nothing answers at ${port}`);
    // Let the daemon's passes that follow a wake be over.
    await sleep(1000);
    const perl = (...argv) => time(() => lan.perl(...argv));
    const speeds = await inTurns(
      ports,
      async (_, port) => (bytes * 8) / (await perl(reading, hostAddress, port, bytes)) / 1e6,
    );
    const rates = await inTurns(
      ports,
      async (way, port) =>
        connections(way) / ((await perl(knocking, hostAddress, port, connections(way))) / 1000),
    );
    return [
      ...rows('bytes', ' Gbit/s', speeds),
      ...rows('new connections', '/s', rates),
      ...(await measureHolding()),
    ];
  } finally {
    await daemon.stop();
    await netwright('destroy');
    rivals.stop();
    await run('iptables', ['-w', '-t', 'nat', '-D', 'PREROUTING', ...dnat]);
    await run('iptables', ['-w', '-D', 'DOCKER-USER', ...accept]);
    await remove('served');
    await remove('bare');
    await lan.stop();
  }
}

async function isHandedOver() {
  const { onDemand = [] } = JSON.parse(await netwright('status', '--json'));
  return (
    onDemand.every(({ state }) => state === 'awake') && onDemand.some(({ handedOver }) => handedOver?.leads)
  );
}

async function isAnswered(lan, port) {
  try {
    await lan.perl(knocking, hostAddress, port, 1);
    return true;
  } catch {
    return false;
  }
}

/** The figures of several rounds of each; the first is not counted. */
async function inTurns(ports, measure) {
  const figures = Object.fromEntries(Object.keys(ports).map((way) => [way, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const [way, port] of Object.entries(ports)) {
      const figure = await measure(way, port);
      if (round > 0) figures[way].push(figure);
    }
  }
  return figures;
}

function rows(what, unit, figures) {
  const beside = (way, other, least) => {
    const ratio = median(figures[way].map((figure, round) => figure / figures[other][round]));
    const wanted = least === undefined ? {} : { target: `at least ${least} x`, met: ratio >= least };
    return { ratio, against: titles[other], ...wanted };
  };
  const row = (way, more) => ({
    what: `${what} through ${titles[way]}`,
    value: median(figures[way]),
    unit,
    ...more,
  });
  const isSpeed = what === 'bytes';
  return [
    row('kernel', beside('kernel', 'dnat', 0.95)),
    ...(isSpeed ? [row('kernel', beside('kernel', 'haproxy', 2))] : []),
    row('program', beside('program', 'haproxy', isSpeed ? 1 : undefined)),
    ...Object.keys(figures)
      .filter((way) => way !== 'kernel' && way !== 'program')
      .map((way) => row(way)),
  ];
}
