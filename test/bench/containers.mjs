import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { engine, engineEvents, pidOf } from './host.mjs';
import { shareOut } from './processor-share.mjs';
import { members } from './scene.mjs';

/**
 * Asks the kernel every two milliseconds, in each network namespace it is told of, whether the chain is there. By netlink and from
 * one process, since fifty `iptables-save` at a time would be what is measured. Perl is on every Debian and can call setns(2).
 */
const chainWatcher = `
use strict; use Socket;
my ($setns, $table, $chain) = @ARGV;
sub enter { open(my $ns, '<', $_[0]) or return 0; return syscall($setns + 0, fileno($ns), 0x40000000) == 0 }
my $attributes = '';
for ([1, $table], [3, $chain]) {
  my $text = $_->[1] . "\\0";
  $attributes .= pack('SS', 4 + length $text, $_->[0]) . $text . "\\0" x (-length($text) % 4);
}
my $question = pack('LSSLL CCn', 20 + length $attributes, (10 << 8) | 4, 1, 1, 0, 2, 0, 0) . $attributes;
open(my $home, '<', '/proc/self/ns/net') or die; my (%sockets, $read); $| = 1; my $in = ''; vec($in, 0, 1) = 1;
for (;;) {
  if (select($read = $in, undef, undef, 0.002)) {
    my $got = sysread(STDIN, my $text, 65536); exit unless $got;
    for (split /\\n/, $text) {
      my ($name, $pid) = split / /;
      next unless enter("/proc/$pid/ns/net");
      socket($sockets{$name}, 16, 3, 12) or die "netlink: $!";
      syscall($setns + 0, fileno($home), 0x40000000) == 0 or die "back: $!";
    }
  }
  for my $name (keys %sockets) {
    send($sockets{$name}, $question, 0); recv($sockets{$name}, my $answer, 65536, 0);
    next unless length $answer >= 6 && unpack('x4 S', $answer) == ((10 << 8) | 3);
    print "$name\\n"; close $sockets{$name}; delete $sockets{$name};
  }
}`;

const setns = { x64: 308, arm64: 268 }[process.arch];

/**
 * Restarts all of them at once; for each the milliseconds from its start, by the engine's clock, until the chain is inside. Who looks
 * has his turn before all others meanwhile: what he saw late would not have been late.
 */
export async function restartAll(chain) {
  const back = shareOut(process.pid, 'observer', 100);
  const began = new Map();
  const took = new Map();
  let done;
  const all = new Promise((resolve) => {
    done = resolve;
  });
  const watcher = spawn('perl', ['-e', chainWatcher, String(setns), 'nat', chain], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  createInterface({ input: watcher.stdout }).on('line', (name) => {
    took.set(name, performance.timeOrigin + performance.now() - began.get(name));
    if (took.size === members.length) done();
  });
  const events = await engineEvents({ type: ['container'], event: ['start'] }, async (event) => {
    const name = event.Actor.Attributes.name;
    began.set(name, event.timeNano / 1e6);
    watcher.stdin.write(`${name} ${await pidOf(name)}\n`);
  });
  const timeout = setTimeout(done, 60_000);
  await Promise.all(members.map(({ name }) => engine('POST', `/containers/${name}/restart?t=0`)));
  await all;
  clearTimeout(timeout);
  events.destroy();
  watcher.kill();
  back();
  const missing = members.filter(({ name }) => !took.has(name));
  if (missing.length > 0) throw new Error(`no rules inside ${missing.map(({ name }) => name).join(', ')}`);
  return [...took.values()];
}
