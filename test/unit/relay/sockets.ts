import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { HeldConnection } from '../../../src/relay/held-connection.ts';
import { listenTcp, type TcpListener, type TcpListenOptions } from '../../../src/relay/listen-tcp.ts';

/** A server of the test's own on loopback; `connections` in the order they came. */
export interface TestServer {
  readonly port: number;
  readonly connections: readonly Socket[];
  next(): Promise<Socket>;
  close(): void;
}

export async function openServer(host = '127.0.0.1'): Promise<TestServer> {
  const connections: Socket[] = [];
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    connections.push(socket);
  });
  server.listen(0, host);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('no port');
  let given = 0;
  return {
    port: address.port,
    connections,
    next: async () => {
      while (connections[given] === undefined) await once(server, 'connection');
      const socket = connections[given];
      given += 1;
      if (socket === undefined) throw new TypeError('none');
      return socket;
    },
    close: () => {
      server.close();
      for (const socket of connections) socket.destroy();
    },
  };
}

/** A relay on loopback, and what it holds in the order it came. */
export interface TestRelay {
  readonly listener: TcpListener;
  readonly held: readonly HeldConnection[];
  /** A client of its own, and what the relay holds of it. */
  dial(): Promise<{ readonly client: Socket; readonly held: HeldConnection }>;
}

export async function openRelay(options: Partial<TcpListenOptions> = {}): Promise<TestRelay> {
  const held: HeldConnection[] = [];
  const waiting: ((connection: HeldConnection) => void)[] = [];
  const listener = await listenTcp({
    address: '127.0.0.1',
    port: 0,
    maxHeld: 2000,
    onConnection: (connection) => {
      held.push(connection);
      waiting.shift()?.(connection);
    },
    ...options,
  });
  return {
    listener,
    held,
    dial: async () => {
      const accepted = new Promise<HeldConnection>((resolve) => waiting.push(resolve));
      const client = dialPort(listener.address.port);
      return { client, held: await accepted };
    },
  };
}

function dialPort(port: number, host = '127.0.0.1'): Socket {
  const socket = connect({ port, host, allowHalfOpen: true });
  return socket.on('error', () => undefined);
}

/** All that comes until the other side's FIN; rejects with what a broken connection fails with. */
export async function readAll(socket: Socket): Promise<Buffer> {
  return await new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.once('end', () => resolve(Buffer.concat(chunks)));
    socket.once('error', reject);
  });
}

/** How the connection ended, as its socket saw it: the code of its error, or `FIN`; libuv tells a RST that comes with bytes as a FIN, which an empty write clears up. */
export async function endOf(socket: Socket): Promise<string> {
  socket.resume();
  return await new Promise((resolve) => {
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.once('end', () => {
      if (!socket.writable) resolve('FIN');
      else
        socket.write(Buffer.alloc(0), (error) =>
          resolve(error ? String('code' in error && error.code) : 'FIN'),
        );
    });
  });
}
