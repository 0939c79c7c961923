import { fileURLToPath } from 'node:url';
import type { Container, ContainerOptions } from '../host/container.ts';
import type { HostProcess } from '../host/host-process.ts';
import type { Place } from '../host/inside.ts';
import { limit, type WakeScene } from './wake-scene.ts';

/** What came back for a datagram, and from whom. */
export interface DatagramAnswer {
  /** Whom the server saw, IPv4 not written as IPv6. */
  readonly client: string;
  /** The how many-eth datagram it was to the server since that started. */
  readonly turn: number;
  readonly text: string;
  readonly from: string;
}

const server = `
  use Socket qw(:all);
  my ($port, $at) = @ARGV;
  $SIG{TERM} = sub { exit };
  socket(my $socket, AF_INET6, SOCK_DGRAM, 0) or die;
  setsockopt($socket, IPPROTO_IPV6, IPV6_V6ONLY, 0);
  bind($socket, pack_sockaddr_in6($port, inet_pton(AF_INET6, $at))) or die;
  for (my $turn = 1; ; $turn++) {
    defined(my $from = recv($socket, my $text, 65535, 0)) or next;
    my (undef, $address) = unpack_sockaddr_in6($from);
    send($socket, join(' ', inet_ntop(AF_INET6, $address), $turn, $text), 0, $from);
  }`;

/** A server that answers datagrams to port 53, at every address or at this one; made, not started. Perl is the engine's host's: busybox has no server for UDP. */
export async function datagramServer(
  { host }: WakeScene,
  name: string,
  {
    before = ':',
    at = '::',
    ...options
  }: ContainerOptions & { readonly before?: string; readonly at?: string } = {},
): Promise<Container> {
  return await host.container(name, {
    // An address that is being checked for duplicates cannot be listened on.
    cmd: ['sh', '-c', `${before}; until perl -e "$0" 53 ${at}; do sleep 0.1; done`, server],
    binds: ['/usr:/usr:ro', '/usr/lib:/lib:ro', '/usr/lib64:/lib64:ro'],
    start: false,
    ...options,
  });
}

/** A client outside, which keeps its port. */
export class DatagramSender {
  readonly #scene: WakeScene;
  readonly #process: HostProcess;

  private constructor(scene: WakeScene, process: HostProcess) {
    this.#scene = scene;
    this.#process = process;
  }

  static async start(
    scene: WakeScene,
    port: number,
    {
      to = scene.address,
      from = scene.lan,
      silenceMs = limit,
    }: { readonly to?: string; readonly from?: Place; readonly silenceMs?: number } = {},
  ): Promise<DatagramSender> {
    const argv = [process.execPath, client, to, `${port}`, `${silenceMs}`];
    const sender = await scene.host.spawn(argv, { in: from });
    await sender.waitForLine(/^ready$/, limit);
    return new DatagramSender(scene, sender);
  }

  /** Sends so many datagrams, so many ms apart; what was answered, in the order in which it came. */
  async send(count: number, everyMs = 0): Promise<readonly DatagramAnswer[]> {
    this.#process.write(`${count} ${everyMs}\n`);
    const said = await this.#scene.told(this.#process.waitForLine(/^\[/, 2 * limit + count * everyMs));
    const answers = JSON.parse(said) as readonly { readonly text: string; readonly from: string }[];
    return answers.map(({ text, from }) => {
      const [address = '', turn, sent = ''] = text.split(' ');
      return { client: address.replace(/^::ffff:/, ''), turn: Number(turn), text: sent, from };
    });
  }
}

const client = fileURLToPath(new URL('datagram-client.mjs', import.meta.url));
