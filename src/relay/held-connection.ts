import type { Socket } from 'node:net';
import { carry, type Ending, endAfterWrites, onTrueEnd, reset } from './carry.ts';
import type { Peer } from './peer.ts';
import { type ProxyProtocol, proxyHeader } from './proxy-header.ts';
import { connectTarget, type Target, type TargetOptions } from './target.ts';

/** Bytes each way so far, the PROXY header not counted, and for how long nothing has moved, in milliseconds. */
export interface Traffic {
  readonly toTarget: number;
  readonly toClient: number;
  readonly quiet: number;
}

/** Where a held connection is carried; the signal ends the attempt, not what is held or carried. */
export interface CarryOptions extends TargetOptions {
  readonly proxyProtocol?: ProxyProtocol;
}

export interface HoldOptions {
  /** About so many bytes are kept; more stays in the kernel, until its window is full. */
  readonly keepBytes: number;
  /** Called once, when it is no longer held: it is carried, refused or gone. */
  readonly onReleased: () => void;
}

/** `held`: waits for `carryTo`, which may be trying; `carried`: bytes flow; `closed`: nothing is left of it. */
export type ConnectionState = 'held' | 'carried' | 'closed';

/** A client that was accepted: what it sends is kept, and then carried to a target, or it is refused. */
export class HeldConnection {
  readonly remote: Peer;
  readonly local: Peer;
  /** How it ended, once nothing of it is left. */
  readonly closed: Promise<Ending>;
  readonly #client: Socket;
  readonly #options: HoldOptions;
  readonly #settle: (ending: Ending) => void;
  #kept: Buffer[] = [];
  #keptBytes = 0;
  #target: Socket | undefined;
  #state: ConnectionState = 'held';
  #headerBytes = 0;
  #touched = performance.now();

  /** Takes over a socket that was accepted with `allowHalfOpen`. */
  constructor(client: Socket, ends: { readonly remote: Peer; readonly local: Peer }, options: HoldOptions) {
    this.remote = ends.remote;
    this.local = ends.local;
    this.#client = client;
    this.#options = options;
    let settle: (ending: Ending) => void = () => undefined;
    this.closed = new Promise((resolve) => {
      settle = resolve;
    });
    this.#settle = settle;
    client.on('data', this.#keep);
    client.on('end', this.#ended);
    client.on('error', this.#lost);
    client.resume();
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Whether the client has said that it sends no more: it may still wait for an answer. */
  get clientEnded(): boolean {
    return this.#client.readableEnded;
  }

  /** Whether as much is kept of it as may be: the rest stays with the client. */
  get isFull(): boolean {
    return this.#state === 'held' && this.#keptBytes >= this.#options.keepBytes;
  }

  /** Whether one side has ended and the other has not. */
  get halfOpen(): boolean {
    return this.#state !== 'closed' && this.#client.readableEnded !== (this.#target?.readableEnded ?? false);
  }

  get traffic(): Traffic {
    return {
      toTarget: Math.max(0, (this.#target?.bytesWritten ?? 0) - this.#headerBytes),
      toClient: this.#target?.bytesRead ?? 0,
      quiet: performance.now() - this.#touched,
    };
  }

  /**
   * Connects and carries what is kept, then everything. True once it is connected, false when the client went away first. Throws what
   * connecting fails with (ECONNREFUSED and so on), or the signal's reason; the connection is then held as before and may be tried again.
   */
  async carryTo(options: CarryOptions): Promise<boolean> {
    if (!this.#isHeld()) return false;
    const target = await connectTarget(options);
    if (!this.#isHeld()) {
      reset(target.socket);
      return false;
    }
    this.#carry(target, options.proxyProtocol);
    return true;
  }

  /** Closes it at once, both ways, with a RST; what is kept is gone. */
  refuse(): void {
    if (this.#state === 'closed') return;
    reset(this.#client);
    if (this.#state === 'carried' && this.#target !== undefined) reset(this.#target);
    this.#end('refused');
  }

  /** Notices a client that went away while nothing is read from it: the kernel tells it to who writes, though it be nothing. */
  probe(): void {
    if (this.#client.writable && this.#client.isPaused()) this.#client.write(Buffer.alloc(0));
  }

  #isHeld(): boolean {
    return this.#state === 'held';
  }

  #carry(target: Target, proxyProtocol: ProxyProtocol | undefined): void {
    const client = this.#client;
    client.off('data', this.#keep);
    client.off('end', this.#ended);
    client.off('error', this.#lost);
    const { socket } = target;
    this.#target = socket;
    this.#state = 'carried';
    this.#options.onReleased();
    if (proxyProtocol !== undefined) {
      const header = proxyHeader(proxyProtocol, this);
      this.#headerBytes = header.length;
      socket.write(header);
    }
    for (const chunk of this.#kept) socket.write(chunk);
    this.#kept = [];
    this.#touch();
    const carried = carry(client, target, this.#touch);
    if (client.readableEnded) endAfterWrites(socket);
    void carried.then((ending) => this.#end(ending));
  }

  #end(ending: Ending): void {
    if (this.#state === 'closed') return;
    if (this.#state === 'held') this.#options.onReleased();
    this.#state = 'closed';
    this.#kept = [];
    this.#settle(ending);
  }

  readonly #touch = (): void => {
    this.#touched = performance.now();
  };

  readonly #ended = (): void => onTrueEnd(this.#client, this.#touch);

  readonly #keep = (chunk: Buffer): void => {
    this.#touched = performance.now();
    this.#kept.push(chunk);
    this.#keptBytes += chunk.length;
    if (this.#keptBytes >= this.#options.keepBytes) this.#client.pause();
  };

  readonly #lost = (): void => this.#end('client failed');
}
