import { createServer, type Server, type Socket } from 'node:net';
import { reset } from './carry.ts';
import { HeldConnection } from './held-connection.ts';
import { listenFailed } from './listen-failed.ts';
import { endsOf, type Peer } from './peer.ts';
import { allowedSources } from './sources.ts';
import { keepAliveMilliseconds } from './target.ts';

export interface TcpListenOptions {
  /** One address; without it all of the host, IPv4 and IPv6. */
  readonly address?: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** CIDRs or addresses that may connect; without it everybody. Others see a RST. */
  readonly sources?: readonly string[];
  /** So many connections are held at once, those that are carried not counted; more see a RST. */
  readonly maxHeld: number;
  /** So many bytes of each client are kept (64 KiB), about; more stays in the kernel until its window is full. */
  readonly keepBytes?: number;
  readonly onConnection: (connection: HeldConnection) => void;
}

/** What came of the connections so far, and how many are held and carried now. */
interface TcpCounts {
  readonly accepted: number;
  readonly held: number;
  readonly carried: number;
  /** Refused for their address, and for want of room. */
  readonly foreign: number;
  readonly overflowed: number;
}

export interface TcpListener {
  readonly address: Peer;
  readonly counts: TcpCounts;
  /** What is held or carried now. */
  readonly connections: ReadonlySet<HeldConnection>;
  /** The port is free when this resolves; what is held or carried goes on. */
  close(): Promise<void>;
}

/** How often a client of which no more is read is looked after, milliseconds. */
const probeMilliseconds = 1000;
/** Accepts connections and hands each over as held. LISTEN_FAILED, with the address, when it may not. */
export async function listenTcp(options: TcpListenOptions): Promise<TcpListener> {
  const isAllowed = allowedSources(options.sources);
  const connections = new Set<HeldConnection>();
  const counts = { accepted: 0, held: 0, foreign: 0, overflowed: 0 };
  const accept = (socket: Socket): void => {
    const ends = endsOf(socket);
    const isForeign = ends !== undefined && !isAllowed(ends.remote);
    if (ends === undefined || isForeign || counts.held >= options.maxHeld) {
      if (isForeign) counts.foreign += 1;
      else if (ends !== undefined) counts.overflowed += 1;
      socket.on('error', () => undefined);
      reset(socket);
      return;
    }
    counts.accepted += 1;
    counts.held += 1;
    const connection = new HeldConnection(socket, ends, {
      keepBytes: options.keepBytes ?? 64 * 1024,
      onReleased: () => {
        counts.held -= 1;
      },
    });
    connections.add(connection);
    void connection.closed.then(() => connections.delete(connection));
    options.onConnection(connection);
  };
  const server = createServer(
    {
      allowHalfOpen: true,
      pauseOnConnect: true,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: keepAliveMilliseconds,
    },
    accept,
  );
  await listening(server, options);
  const timer = setInterval(() => {
    for (const connection of connections) connection.probe();
  }, probeMilliseconds);
  timer.unref();
  return {
    address: addressOf(server),
    connections,
    get counts() {
      return { ...counts, carried: connections.size - counts.held };
    },
    close: () => {
      // Not before the last connection is gone: until then those that are held are looked after.
      server.close(() => clearInterval(timer));
      return Promise.resolve();
    },
  };
}

function listening(server: Server, { address, port }: TcpListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenFailed(error, address, port)));
    server.listen({ ...(address !== undefined && { host: address }), port, backlog: 4096 }, () => {
      server.removeAllListeners('error');
      // A connection that could not be taken, for want of file descriptors say, is that client's loss and nobody else's.
      server.on('error', () => undefined);
      resolve();
    });
  });
}

function addressOf(server: Server): Peer {
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new TypeError('a TCP listener has an address');
  return { address: bound.address, port: bound.port };
}
