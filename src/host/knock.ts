import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { mapBounded } from './bounded.ts';
import { codeOf } from './code.ts';

/** A port to be reached once. */
export interface Door {
  readonly address: string;
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
}

/** `sent`: an empty datagram has left, which nobody need answer; otherwise the kernel's code of why nothing came of it. */
export type Knock = 'answered' | 'sent' | 'no answer' | (string & {});

const patienceMs = 1000;
const knocksAtOnce = 32;

/** Reaches each of the ports once from the namespace this runs in: a TCP connection, closed at once, or an empty datagram. A second each at most. */
export async function knockAtAll(doors: readonly Door[]): Promise<readonly Knock[]> {
  return await mapBounded(doors, knocksAtOnce, knock);
}

async function knock({ address, port, protocol }: Door): Promise<Knock> {
  return await (protocol === 'tcp' ? connectOnce(address, port) : sendOnce(address, port));
}

async function connectOnce(host: string, port: number): Promise<Knock> {
  return await new Promise((resolve) => {
    const connection = connect({ host, port });
    const end = (result: Knock): void => {
      clearTimeout(timer);
      connection.destroy();
      resolve(result);
    };
    const timer = setTimeout(() => end('no answer'), patienceMs);
    connection.once('connect', () => end('answered'));
    connection.once('error', (error) => end(codeOf(error) ?? 'no answer'));
  });
}

async function sendOnce(address: string, port: number): Promise<Knock> {
  return await new Promise((resolve) => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    const end = (result: Knock): void => {
      clearTimeout(timer);
      socket.removeAllListeners('error').on('error', () => undefined);
      socket.close();
      resolve(result);
    };
    const timer = setTimeout(() => end('no answer'), patienceMs);
    socket.once('error', (error) => end(codeOf(error) ?? 'no answer'));
    socket.send(Buffer.alloc(0), port, address, (error) =>
      end(error === null ? 'sent' : (codeOf(error) ?? 'no answer')),
    );
  });
}
