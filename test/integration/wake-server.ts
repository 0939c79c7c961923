import type { Container, ContainerOptions } from '../host/container.ts';
import type { WakeScene } from './wake-scene.ts';

const listening = `
use strict; use Socket; $SIG{TERM} = sub { exit }; my ($name, $gate) = @ARGV;
sub listening {
  socket(my $server, PF_INET6, SOCK_STREAM, 0) or die; setsockopt($server, SOL_SOCKET, SO_REUSEADDR, 1);
  bind($server, pack_sockaddr_in6($_[0], "\\0" x 16)) or die "bind: $!"; listen($server, 4096) or die; return $server;
}
if ($gate) { my $closed = listening(81); accept(my $key, $closed) or die }
my $server = listening(80);`;

/** Answers a line with the container's name. */
const answering = `${listening}
while (1) { accept(my $client, $server) or next; syswrite $client, "$name\\n" if sysread $client, my $line, 100; close $client }`;

/**
 * Of each connection's first line the words are a name, where in the pattern both sides begin, and how many bytes the client will send and
 * wants; each direction ends by itself. To \`verdicts\` it says of each name what came and whether it was the pattern.
 */
const exchanging = `${listening}
$SIG{CHLD} = 'IGNORE'; my $pattern = join ',', 0 .. 150000; my $length = length $pattern; my $twice = $pattern . $pattern; my $piece = 262144;
while (1) {
  accept(my $client, $server) or next;
  if (fork) { close $client; next }
  my $line = ''; while (substr($line, -1) ne "\\n") { sysread($client, my $byte, 1) or exit; $line .= $byte }
  my ($id, $at, $up, $down) = split ' ', $line;
  if ($id eq 'verdicts') { open my $all, '<', '/tmp/verdicts'; print {$client} <$all>; exit }
  if (!fork) {
    for (my $sent = 0; $sent < $down;) {
      my $most = $down - $sent < $piece ? $down - $sent : $piece;
      $sent += syswrite($client, $twice, $most, ($at + $sent) % $length) // die "write: $!";
    }
    shutdown $client, 1; exit;
  }
  my ($read, $wrong) = (0, 0);
  while (my $n = sysread $client, my $bytes, $piece) {
    $wrong++ if $bytes ne substr $twice, ($at + $read) % $length, $n; $read += $n;
  }
  open my $all, '>>', '/tmp/verdicts'; syswrite $all, "$id $read " . ($wrong ? 'other' : 'same') . "\\n"; exit;
}`;

/**
 * A server of Perl, of the engine's own root, that starts within milliseconds and serves thousands of connections a second, where busybox makes a
 * process for each; made, not started. One that is gated listens at port 80 when somebody has connected to port 81.
 */
export async function perlServer(
  { host }: WakeScene,
  name: string,
  {
    does = 'answer',
    gated = false,
    ...options
  }: ContainerOptions & { readonly does?: 'answer' | 'exchange'; readonly gated?: boolean } = {},
): Promise<Container> {
  const program = does === 'answer' ? answering : exchanging;
  return await host.container(name, {
    cmd: ['/usr/bin/perl', '-e', program, name, gated ? '1' : ''],
    binds: ['/usr:/usr:ro', '/usr/lib:/lib:ro', '/usr/lib64:/lib64:ro'],
    start: false,
    ...options,
  });
}
