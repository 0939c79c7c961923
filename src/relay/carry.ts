import type { Socket } from 'node:net';
import type { Target } from './target.ts';

/** How a connection ended: with both sides' FIN, by a reset or a failure of one side, or because it was refused. */
export type Ending = 'finished' | 'client failed' | 'target failed' | 'refused';

/** How long what one side still sent may take to reach the other before a reset is passed on, milliseconds. */
const flushMilliseconds = 5000;

/** Carries bytes both ways until both sides have ended or one failed: a FIN as a FIN, a reset or any failure as a reset, each after the bytes before it. */
export function carry(client: Socket, to: Target, touch: () => void): Promise<Ending> {
  const target = to.socket;
  return new Promise((resolve) => {
    let ending: Ending = 'finished';
    let open = 2;
    const closed = (): void => {
      open -= 1;
      if (open === 0) resolve(ending);
    };
    const failed = (by: Ending, other: Socket): void => {
      if (ending === 'finished') ending = by;
      resetAfterWrites(other);
    };
    client.on('error', () => failed('client failed', target));
    target.on('error', () => failed('target failed', client));
    client.once('close', closed);
    target.once('close', closed);
    passToTarget(client, target, touch);
    passToClient(to, client, touch);
  });
}

function passToTarget(client: Socket, target: Socket, touch: () => void): void {
  client.on('data', (chunk: Buffer) => {
    touch();
    if (!target.write(chunk)) client.pause();
  });
  target.on('drain', () => {
    touch();
    client.resume();
  });
  client.on('end', () => onTrueEnd(client, () => endAfterWrites(target)));
  client.resume();
}

function passToClient({ socket, deliver }: Target, client: Socket, touch: () => void): void {
  deliver((bytes) => {
    touch();
    client.write(bytes);
    if (client.writableLength === 0) return true;
    // The bytes stay where they are until the kernel has taken them.
    afterWrites(client, () => {
      touch();
      socket.resume();
    });
    return false;
  });
  socket.on('end', () => onTrueEnd(socket, () => endAfterWrites(client)));
}

/**
 * Calls back when the end that a socket told of was a FIN. A reset that comes together with bytes libuv tells as an end, too
 * (uv__stream_io, POLLHUP after a partial read): the kernel still tells it to who writes, though it be nothing, and the socket then fails.
 * A socket of which our own side has ended can no longer be asked.
 */
export function onTrueEnd(socket: Socket, then: () => void): void {
  if (!socket.writable) then();
  else if (socket.writableLength === 0) afterWrites(socket, then);
  else {
    // What waits to be written meets the reset by itself, before the loop comes round.
    setImmediate(() => {
      if (!socket.destroyed) then();
    });
  }
}

/** Ends a socket once what was written has gone to the kernel: between the call of `end` and its last byte libuv would take no reset any more. */
export function endAfterWrites(socket: Socket): void {
  if (socket.writableLength === 0) socket.end();
  else afterWrites(socket, () => socket.end());
}

/** Cuts a connection so that the other side sees a RST, never a FIN. */
export function reset(socket: Socket): void {
  if (socket.destroyed) return;
  // libuv cannot reset while a FIN is on its way into the kernel (UV_EINVAL), which is over with the next turn of the loop.
  if (socket.writableEnded && !socket.writableFinished) socket.once('finish', () => reset(socket));
  else socket.resetAndDestroy();
}

function resetAfterWrites(socket: Socket): void {
  if (socket.destroyed) return;
  if (socket.writableLength === 0 || socket.writableEnded) {
    reset(socket);
    return;
  }
  const timer = setTimeout(() => reset(socket), flushMilliseconds);
  timer.unref();
  afterWrites(socket, () => {
    clearTimeout(timer);
    reset(socket);
  });
}

/** Node calls back for a write, an empty one too, when all before it have been taken by the kernel. */
function afterWrites(socket: Socket, then: () => void): void {
  socket.write(Buffer.alloc(0), (error) => {
    if (error === undefined || error === null) then();
  });
}
