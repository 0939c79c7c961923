import { spawn } from 'node:child_process';
import { jsonFile, median, netwright, pidOf, run, save, time, times } from './host.mjs';
import { fileOf, members } from './scene.mjs';

const policies = times(10_000);
const rounds = times(9);
/** Connections one after the other in one measurement, each closed by a reset so that no port stays taken. */
const connections = times(15_000);
/** Connections before each measurement, which take what the change of rules before them left behind. */
const connectionsBefore = times(3_000);
const port = 7777;

const accepting = `
use strict; use Socket;
socket(my $server, PF_INET, SOCK_STREAM, 0) or die; setsockopt($server, SOL_SOCKET, SO_REUSEADDR, 1);
bind($server, sockaddr_in($ARGV[0], INADDR_ANY)) or die "bind: $!"; listen($server, 1000) or die;
$| = 1; print "ready\\n"; while (accept(my $client, $server)) { close $client }`;

const connecting = `
use strict; use Socket;
my ($address, $port, $count) = @ARGV; my $to = sockaddr_in($port, inet_aton($address)); my $now = pack('ii', 1, 0);
for (1 .. $count) {
  socket(my $socket, PF_INET, SOCK_STREAM, 0) or die; setsockopt($socket, SOL_SOCKET, SO_LINGER, $now);
  connect($socket, $to) or die "connect: $!"; close $socket;
}`;

/**
 * New TCP connections a second from a container of one network to one of another: with a single rule put there by hand and no netwright,
 * with netwright and its policies, and with as many rules in a row. As the machine's speed drifts, netwright stands between two measurements
 * without it each time, and is compared with their mean.
 */
export async function measureConnections() {
  const [client, server] = [members[2], members[11]];
  const inside = async ({ name }, ...argv) => ['-t', String(await pidOf(name)), '-n', ...argv];
  for (const end of [client, server]) {
    for (const key of ['close', 'time_wait']) {
      const setting = `net.netfilter.nf_conntrack_tcp_timeout_${key}=1`;
      await run('nsenter', await inside(end, 'sysctl', '-qw', setting)).catch(() => undefined);
    }
  }
  for (const key of ['close', 'time_wait'])
    await run('sysctl', ['-qw', `net.netfilter.nf_conntrack_tcp_timeout_${key}=1`]);
  const listener = spawn('nsenter', await inside(server, 'perl', '-e', accepting, String(port)), {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve) => listener.stdout.once('data', resolve));
  const connect = await inside(client, 'perl', '-e', connecting, server.ip, String(port));
  const connectTimes = (count) => run('nsenter', [...connect, String(count)]);
  const rate = async () => {
    await connectTimes(connectionsBefore);
    return connections / ((await time(() => connectTimes(connections))) / 1000);
  };

  const file = fileOf(policies);
  file.policies.splice(policies / 2, 1, { from: client.name, to: server.name, port, proto: 'tcp' });
  save(jsonFile, JSON.stringify(file));
  const accept = ['-s', client.ip, '-d', server.ip, '-p', 'tcp', '--dport', String(port), '-j', 'ACCEPT'];
  const answer = ['-s', server.ip, '-d', client.ip, '-m', 'conntrack', '--ctstate', 'ESTABLISHED'];
  const byHand = (before) =>
    [
      '*filter',
      '-F DOCKER-USER',
      `-A DOCKER-USER ${answer.join(' ')} -j ACCEPT`,
      ...before,
      `-A DOCKER-USER ${accept.join(' ')}`,
      '-A DOCKER-USER -j RETURN',
      'COMMIT\n',
    ].join('\n');
  const others = Array.from(
    { length: policies - 1 },
    (_, index) =>
      `-A DOCKER-USER -s 10.${Math.floor(index / 250)}.${index % 250}.7 -d ${server.ip} -p tcp --dport 80 -j ACCEPT`,
  );
  const restore = (before) => run('iptables-nft-restore', ['--noflush', '--wait'], byHand(before));
  const withoutNetwright = async () => {
    await restore([]);
    const measured = await rate();
    await run('iptables-nft', ['-F', 'DOCKER-USER']);
    await run('iptables-nft', ['-A', 'DOCKER-USER', '-j', 'RETURN']);
    return measured;
  };
  const rates = { none: [], netwright: [], linear: [] };
  let before = await withoutNetwright();
  for (let round = 0; round < rounds; round++) {
    await netwright('apply', '-f', jsonFile);
    const withPolicies = await rate();
    await netwright('destroy', '-f', jsonFile);
    const after = await withoutNetwright();
    rates.none.push(after);
    rates.netwright.push((2 * withPolicies) / (before + after));
    before = after;
  }
  await restore(others);
  rates.linear.push(await rate());
  await run('iptables-nft', ['-F', 'DOCKER-USER']);
  await run('iptables-nft', ['-A', 'DOCKER-USER', '-j', 'RETURN']);
  listener.kill();
  const none = median(rates.none);
  return [
    { what: 'new connections, one rule by hand and no netwright', value: none, unit: '/s' },
    {
      what: `new connections, ${policies} linear rules (nft)`,
      value: rates.linear[0],
      unit: '/s',
      ratio: rates.linear[0] / none,
      against: 'no netwright',
    },
    {
      what: `new connections, netwright with ${policies} policies`,
      value: none * median(rates.netwright),
      unit: '/s',
      ratio: median(rates.netwright),
      against: 'no netwright just before and after',
      target: 'at least 0.95 x',
      met: median(rates.netwright) >= 0.95,
    },
  ];
}
