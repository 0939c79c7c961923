import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import type { CarryOptions, ConnectionState, Traffic } from './held-connection.ts';
import type { Peer } from './peer.ts';

/** How a client of a UDP port was left: after a time without datagrams, because it was refused, or with the port. */
export type DatagramEnding = 'idle' | 'refused' | 'port closed';

/** Datagrams each way so far and those that came to nothing, beside the bytes. */
export interface DatagramTraffic extends Traffic {
  readonly datagramsToTarget: number;
  readonly datagramsToClient: number;
  /** Beyond what is kept of one client, or refused by the target's host (ICMP), or by a full buffer of the kernel. */
  readonly dropped: number;
}

export interface DatagramOptions {
  readonly keepDatagrams: number;
  readonly keepBytes: number;
  /** Sends to this client from the address and port that it asked. */
  readonly answer: (datagram: Buffer, sent: (error: Error | null) => void) => void;
  /** Called once, when it is no longer held. */
  readonly onReleased: () => void;
}

/** All that comes from one address and port: its first datagrams are kept, and then carried in order to a target, or it is refused. */
export class DatagramClient {
  readonly remote: Peer;
  /** Where it sent to; `::` or `0.0.0.0` where only the kernel knows. */
  readonly local: Peer;
  /** How it was left, once it is. */
  readonly closed: Promise<DatagramEnding>;
  readonly #options: DatagramOptions;
  readonly #settle: (ending: DatagramEnding) => void;
  #kept: Buffer[] = [];
  #keptBytes = 0;
  #target: Socket | undefined;
  #state: ConnectionState = 'held';
  #touched = performance.now();
  readonly #counts = { toTarget: 0, toClient: 0, datagramsToTarget: 0, datagramsToClient: 0, dropped: 0 };

  constructor(remote: Peer, local: Peer, options: DatagramOptions) {
    this.remote = remote;
    this.local = local;
    this.#options = options;
    let settle: (ending: DatagramEnding) => void = () => undefined;
    this.closed = new Promise((resolve) => {
      settle = resolve;
    });
    this.#settle = settle;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  get traffic(): DatagramTraffic {
    return { ...this.#counts, quiet: performance.now() - this.#touched };
  }

  /** Takes what the client sent: to the target where there is one, else to what is kept. */
  take(datagram: Buffer): void {
    this.#touched = performance.now();
    if (this.#target !== undefined) this.#send(this.#target, datagram);
    else if (this.#state === 'closed' || !this.#hasRoomFor(datagram)) this.#counts.dropped += 1;
    else {
      this.#kept.push(datagram);
      this.#keptBytes += datagram.length;
    }
  }

  /**
   * Sends what is kept, in order, then all that comes, and the answers back. True once it does, false when the client was refused first. Throws
   * what looking up or connecting fails with, or the signal's reason; the client is then held as before. Whether anybody hears
   * datagrams is not known. There is no PROXY header for them.
   */
  async carryTo({ host, port, signal }: Omit<CarryOptions, 'proxyProtocol'>): Promise<boolean> {
    if (!this.#isHeld()) return false;
    const { address, family } = await lookup(host);
    signal?.throwIfAborted();
    const target = createSocket({ type: family === 6 ? 'udp6' : 'udp4' });
    try {
      target.connect(port, address);
      await once(target, 'connect');
      signal?.throwIfAborted();
    } catch (error) {
      target.close();
      throw error;
    }
    if (!this.#isHeld()) {
      target.close();
      return false;
    }
    this.#carry(target);
    return true;
  }

  /** Forgets the client and what is kept of it; the next datagram is a new client's. */
  refuse(): void {
    this.end('refused');
  }

  /** Ends what is left of it, for this reason. */
  end(ending: DatagramEnding): void {
    if (this.#state === 'closed') return;
    if (this.#state === 'held') this.#options.onReleased();
    this.#state = 'closed';
    this.#counts.dropped += this.#kept.length;
    this.#kept = [];
    this.#target?.close();
    this.#target = undefined;
    this.#settle(ending);
  }

  #isHeld(): boolean {
    return this.#state === 'held';
  }

  #hasRoomFor(datagram: Buffer): boolean {
    const { keepDatagrams, keepBytes } = this.#options;
    return this.#kept.length < keepDatagrams && this.#keptBytes + datagram.length <= keepBytes;
  }

  #carry(target: Socket): void {
    target.on('error', this.#drop);
    target.on('message', this.#answer);
    this.#state = 'carried';
    this.#touched = performance.now();
    this.#options.onReleased();
    for (const datagram of this.#kept) this.#send(target, datagram);
    this.#kept = [];
    this.#target = target;
  }

  #send(target: Socket, datagram: Buffer): void {
    target.send(datagram, (error) => {
      if (error !== null) {
        this.#drop();
        return;
      }
      this.#counts.toTarget += datagram.length;
      this.#counts.datagramsToTarget += 1;
    });
  }

  readonly #answer = (datagram: Buffer): void => {
    this.#touched = performance.now();
    this.#options.answer(datagram, (error) => {
      if (error !== null) {
        this.#drop();
        return;
      }
      this.#counts.toClient += datagram.length;
      this.#counts.datagramsToClient += 1;
    });
  };

  readonly #drop = (): void => {
    this.#counts.dropped += 1;
  };
}
