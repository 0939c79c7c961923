import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';

/** What a UDP socket of a test got, and from whom. */
export interface Post {
  readonly socket: Socket;
  readonly port: number;
  readonly texts: readonly string[];
  readonly from: readonly RemoteInfo[];
}

/** A UDP socket of a test's own; `echo` sends everything back with `re: ` before it. */
export async function openPost(
  options: { readonly address?: string; readonly echo?: boolean } = {},
): Promise<Post> {
  const { address = '127.0.0.1' } = options;
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  const texts: string[] = [];
  const from: RemoteInfo[] = [];
  socket.on('message', (datagram, sender) => {
    texts.push(datagram.toString());
    from.push(sender);
    if (options.echo === true) socket.send(`re: ${datagram.toString()}`, sender.port, sender.address);
  });
  socket.bind(0, address);
  await once(socket, 'listening');
  return { socket, port: socket.address().port, texts, from };
}
