import { DatagramClient } from './datagram-client.ts';
import { type Peer, plainAddress } from './peer.ts';
import { allowedSources } from './sources.ts';
import { type OnDatagram, openUdpSockets } from './udp-sockets.ts';

export interface UdpListenOptions {
  /** One address; without it all of the host, IPv4 and IPv6. */
  readonly address?: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** CIDRs or addresses that may send; without it everybody. What others send is dropped. */
  readonly sources?: readonly string[];
  /** So many clients at once, held and carried; what more send is dropped. */
  readonly maxClients: number;
  /** So many datagrams (64) and bytes (64 KiB) of each client are kept while it is held; more are dropped. */
  readonly keepDatagrams?: number;
  readonly keepBytes?: number;
  /** A client that is carried is forgotten after so many milliseconds without a datagram either way. */
  readonly idle: number;
  readonly onClient: (client: DatagramClient) => void;
}

/** What came of the clients so far, and how many are held and carried now. */
interface UdpCounts {
  readonly accepted: number;
  readonly held: number;
  readonly carried: number;
  /** Datagrams dropped for their sender's address, and for want of room for another client. */
  readonly foreign: number;
  readonly overflowed: number;
}

export interface UdpListener {
  readonly address: Peer;
  readonly counts: UdpCounts;
  readonly clients: ReadonlySet<DatagramClient>;
  /** The port is free when this resolves, and every client is left: their answers could only come from it. */
  close(): Promise<void>;
}

/** Hands each new sender over as held, with its first datagrams. LISTEN_FAILED, with the address, when it may not. */
export async function listenUdp(options: UdpListenOptions): Promise<UdpListener> {
  const isAllowed = allowedSources(options.sources);
  const clients = new Map<string, DatagramClient>();
  const counts = { accepted: 0, held: 0, foreign: 0, overflowed: 0 };

  const take: OnDatagram = (datagram, from, to, local) => {
    const key = `${from.address} ${from.port} ${local.address}`;
    const known = clients.get(key);
    if (known !== undefined) {
      known.take(datagram);
      return;
    }
    const remote = { address: plainAddress(from.address), port: from.port };
    if (!isAllowed(remote)) counts.foreign += 1;
    else if (clients.size >= options.maxClients) counts.overflowed += 1;
    else {
      const client = new DatagramClient(remote, local, {
        keepDatagrams: options.keepDatagrams ?? 64,
        keepBytes: options.keepBytes ?? 64 * 1024,
        answer: (answer, sent) => to.send(answer, from.port, from.address, sent),
        onReleased: () => {
          counts.held -= 1;
        },
      });
      counts.accepted += 1;
      counts.held += 1;
      clients.set(key, client);
      void client.closed.then(() => clients.delete(key));
      client.take(datagram);
      options.onClient(client);
    }
  };

  let closing: Promise<void> | undefined;
  const sockets = await openUdpSockets(options, take);
  const timer = setInterval(
    () => {
      for (const client of clients.values()) {
        if (client.state === 'carried' && client.traffic.quiet >= options.idle) client.end('idle');
      }
    },
    Math.min(1000, options.idle),
  );
  timer.unref();
  return {
    address: sockets.address,
    get counts() {
      return { ...counts, carried: clients.size - counts.held };
    },
    get clients() {
      return new Set(clients.values());
    },
    close: () => {
      clearInterval(timer);
      for (const client of clients.values()) client.end('port closed');
      closing ??= sockets.close();
      return closing;
    },
  };
}
