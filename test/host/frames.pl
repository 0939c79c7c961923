# frames.pl            sends what it is told to, one command a line on standard input, each answered by one line:
#                        send INTERFACE TIMES HEX…   frames as they are: `ok`, or `no` and what the kernel says
#                        udp ADDRESS PORT TEXT       by an ordinary socket
#                        run COMMAND                 by the shell
# frames.pl capture INTERFACE=DIRECTION…
#                      prints the frames that pass the interfaces (`in`, `out`, `all`; `*` is every one that is no port of a
#                        bridge), one a line: INTERFACE DIRECTION HEX
# In Perl, since every Debian has it (perl-base) and Node has no packet sockets.
use strict;
use warnings;
use Socket qw(:addrinfo SOCK_RAW SOCK_DGRAM);
$| = 1;

$ENV{PATH} = '/usr/sbin:/usr/bin:/bin';

use constant { AF_PACKET => 17, SOL_PACKET => 263, ETH_P_ALL => 3, SIOCGIFNAME => 0x8910, SIOCGIFINDEX => 0x8933, OUTGOING => 4 };

sub packet_socket {
  socket(my $socket, AF_PACKET, SOCK_RAW, unpack('S', pack('n', $_[0]))) or die "$!\n";
  return $socket;
}

# In the socket's namespace: what is mounted at /sys may be another's.
sub index_of {
  my ($socket, $interface) = @_;
  my $request = pack 'a16 x24', $interface;
  ioctl($socket, SIOCGIFINDEX, $request) or die "$interface: $!\n";
  return unpack 'x16 i', $request;
}

# sockaddr_ll
sub link_address { return pack('S n i S C C a8', AF_PACKET, 0, index_of(@_), 1, 0, 6, '') }

sub send_frames {
  my ($interface, $times, @frames) = @_;
  my $socket = packet_socket(0);
  my $to = link_address($socket, $interface);
  my @bytes = map { pack 'H*', $_ } @frames;
  for (1 .. $times) {
    for (@bytes) { defined send($socket, $_, 0, $to) or die "$!\n" }
  }
}

sub send_udp {
  my ($address, $port, $text) = @_;
  my ($error, $found) = getaddrinfo($address, $port, { flags => AI_NUMERICHOST, socktype => SOCK_DGRAM });
  die "$error\n" if $error;
  socket(my $socket, $found->{family}, SOCK_DGRAM, 0) or die "$!\n";
  defined send($socket, $text, 0, $found->{addr}) or die "$!\n";
}

sub run {
  my $said = qx{( $_[0] ) 2>&1 </dev/null};
  die $said =~ s/\s+/ /gr, "\n" if $?;
}

sub obey {
  my ($verb, $rest) = split ' ', $_[0], 2;
  return send_frames(split ' ', $rest) if $verb eq 'send';
  return send_udp(split ' ', $rest, 3) if $verb eq 'udp';
  return run($rest) if $verb eq 'run';
  die "no such command: $verb\n";
}

sub capture {
  my %wanted = map { split /=/ } @_;
  my $socket = packet_socket(ETH_P_ALL);
  setsockopt($socket, Socket::SOL_SOCKET(), 33, 16 << 20); # SO_RCVBUFFORCE
  print "capturing\n";
  while (defined(my $from = recv($socket, my $frame, 400, 0))) {
    my (undef, undef, $index, undef, $type) = unpack 'S n i S C', $from;
    my $request = pack 'x16 i x20', $index;
    ioctl($socket, SIOCGIFNAME, $request) or next;
    my $interface = unpack 'Z16', $request;
    my $direction = $type == OUTGOING ? 'out' : 'in';
    my $asked = $wanted{$interface} // (-e "/sys/class/net/$interface/brport" ? undef : $wanted{'*'}) // next;
    next unless $asked eq 'all' or $asked eq $direction;
    print "$interface $direction ", unpack('H*', $frame), "\n";
  }
}

if (@ARGV) {
  shift;
  capture(@ARGV);
} else {
  while (my $line = <STDIN>) {
    chomp $line;
    print eval { obey($line); 1 } ? "ok\n" : "no $@";
  }
}
