import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { listenFailed } from './listen-failed.ts';
import type { Peer } from './peer.ts';

/** A datagram, from whom, and the socket that it came to, from which the answers go. */
export type OnDatagram = (datagram: Buffer, from: RemoteInfo, to: Socket, local: Peer) => void;

/** The sockets of one UDP port. */
export interface UdpSockets {
  readonly address: Peer;
  close(): Promise<void>;
}

/** Asked of the kernel for what comes all at once; it gives what net.core.rmem_max allows. */
const receiveBuffer = 4 * 1024 * 1024;
/** How often the host's addresses are looked at, milliseconds: a datagram to an address that has no socket yet is reason to look, too. */
const lookMilliseconds = 10_000;
const soonMilliseconds = 1000;

/**
 * One socket for the address; without one a socket for each address of the host, as they come and go, and one for whatever has none. Node cannot
 * say which address a datagram was sent to (IP_PKTINFO), so only a socket of its own answers from the address that was asked. For addresses
 * younger than a look, for 127.0.0.2 and the like, and for link-local IPv6 the kernel chooses. LISTEN_FAILED, with the address, when it may not.
 */
export async function openUdpSockets(
  where: { readonly address?: string; readonly port: number },
  onDatagram: OnDatagram,
): Promise<UdpSockets> {
  const { address, port } = where;
  if (address === undefined) return openEverywhere(port, onDatagram);
  const socket = await bindSocket({ address, port, isShared: false }, onDatagram);
  return { address: socket.address(), close: () => closeSocket(socket) };
}

async function openEverywhere(port: number, onDatagram: OnDatagram): Promise<UdpSockets> {
  // Only the first bind says that another program has the port: those that share it among themselves would share it with that, too.
  const first = await bindAll(port, false, onDatagram);
  const address = first.address();
  await closeSocket(first);
  const own = new Map<string, Socket>();
  let lookedAt = 0;
  let looking = Promise.resolve();
  const look = (): void => {
    lookedAt = performance.now();
    looking = looking.then(() => follow(own, address.port, onDatagram));
  };
  const all = await bindAll(address.port, true, (datagram, from, to, local) => {
    if (performance.now() - lookedAt > soonMilliseconds) look();
    onDatagram(datagram, from, to, local);
  });
  look();
  await looking;
  const timer = setInterval(look, lookMilliseconds);
  timer.unref();
  return {
    address: { address: address.address, port: address.port },
    close: async () => {
      clearInterval(timer);
      await looking;
      await Promise.all([all, ...own.values()].map(closeSocket));
    },
  };
}

/** Both families, as TCP's `listen` does without an address, or IPv4 where there is no IPv6. */
async function bindAll(port: number, isShared: boolean, onDatagram: OnDatagram): Promise<Socket> {
  try {
    return await bindSocket({ address: '::', port, isShared }, onDatagram);
  } catch (error) {
    const cause = error instanceof Error ? (error.cause as NodeJS.ErrnoException | undefined) : undefined;
    if (cause?.code !== 'EAFNOSUPPORT' && cause?.code !== 'EADDRNOTAVAIL') throw error;
    return bindSocket({ address: '0.0.0.0', port, isShared }, onDatagram);
  }
}

/** A socket for each address of the host that has none yet, and none for those that went. */
async function follow(own: Map<string, Socket>, port: number, onDatagram: OnDatagram): Promise<void> {
  const present = hostAddresses();
  for (const [address, socket] of own) {
    if (present.has(address)) continue;
    own.delete(address);
    socket.close();
  }
  for (const address of present) {
    if (own.has(address)) continue;
    // An address that is gone again, or not ready yet (IPv6 that is being checked for duplicates), is left to the socket for all.
    const socket = await bindSocket({ address, port, isShared: true }, onDatagram).catch(() => undefined);
    if (socket !== undefined) own.set(address, socket);
  }
}

function hostAddresses(): ReadonlySet<string> {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return new Set(all.filter(({ scopeid }) => (scopeid ?? 0) === 0).map(({ address }) => address));
}

async function bindSocket(
  {
    address,
    port,
    isShared,
  }: { readonly address: string; readonly port: number; readonly isShared: boolean },
  onDatagram: OnDatagram,
): Promise<Socket> {
  const isSix = address.includes(':');
  const socket = createSocket({
    type: isSix ? 'udp6' : 'udp4',
    reuseAddr: isShared,
    recvBufferSize: receiveBuffer,
    // What is answered is an address already.
    lookup: (host, _options, done) => done(null, host, isSix ? 6 : 4),
  });
  try {
    const bound = once(socket, 'listening');
    socket.bind(port, address);
    await bound;
  } catch (error) {
    socket.close();
    throw listenFailed(error as NodeJS.ErrnoException, address === '::' ? undefined : address, port);
  }
  const local = { address, port: socket.address().port };
  socket.on('message', (datagram, from) => onDatagram(datagram, from, socket, local));
  // An error of a socket that only answers is of one answer, whose callback has it.
  socket.on('error', () => undefined);
  return socket;
}

function closeSocket(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.close(() => resolve());
  });
}
