import { connect, type Socket } from 'node:net';

export interface TargetOptions {
  readonly host: string;
  readonly port: number;
  /** Ends the attempt to connect. */
  readonly signal?: AbortSignal;
}

/** A connection to a target, of which nothing is read but through `deliver`. */
export interface Target {
  readonly socket: Socket;
  /** Has what comes handed to `take`, which says whether the bytes are done with: until the socket is resumed no more come, and those stay as they are. */
  readonly deliver: (take: (bytes: Uint8Array) => boolean) => void;
}

/**
 * What is read at once: at first little, since most connections have little to say and a thousand begin at once; once that was full, much. One
 * buffer for each connection, read into again and again, costs a fifth to a quarter less processor time for a byte than the new one for
 * each read that streams make.
 */
const [firstBytes, bufferBytes] = [4 * 1024, 64 * 1024];

/** Throws what connecting fails with (ECONNREFUSED and so on), or the signal's reason. */
export async function connectTarget({ host, port, signal }: TargetOptions): Promise<Target> {
  signal?.throwIfAborted();
  let take: (bytes: Uint8Array) => boolean = () => true;
  let buffer = Buffer.allocUnsafeSlow(firstBytes);
  const socket = connect({
    host,
    port,
    allowHalfOpen: true,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: keepAliveMilliseconds,
    onread: {
      // Asked for after each read, too.
      buffer: () => buffer,
      callback: (length, read) => {
        if (length === buffer.length && length < bufferBytes) buffer = Buffer.allocUnsafeSlow(bufferBytes);
        return take(read.subarray(0, length));
      },
    },
  });
  await connected(socket, signal);
  return {
    socket,
    deliver: (to) => {
      take = to;
    },
  };
}

/** A connection that has said nothing for so long is asked whether it is there, then ten times every second, as libuv sets it. */
export const keepAliveMilliseconds = 60_000;

function connected(socket: Socket, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      signal?.removeEventListener('abort', abort);
      socket.off('error', failed);
      act();
    };
    const abort = (): void => {
      socket.destroy();
      settle(() => reject(signal?.reason as Error));
    };
    const failed = (error: Error): void => settle(() => reject(error));
    signal?.addEventListener('abort', abort, { once: true });
    socket.once('error', failed);
    socket.once('connect', () => settle(resolve));
  });
}
