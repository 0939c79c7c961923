import type { Socket } from 'node:net';
import type { Family } from '../model/config.ts';

/** One end of a connection: an address as the kernel prints it, IPv4 never written as IPv6, and a port. */
export interface Peer {
  readonly address: string;
  readonly port: number;
}

/** An address of a socket of both families: IPv4 comes to it as ::ffff:192.0.2.1. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}

/** The family of such an address. */
export function peerFamily({ address }: Peer): Family {
  return address.includes(':') ? 6 : 4;
}

/** `192.0.2.1:80`, `[2001:db8::1]:80`. */
export function peerText({ address, port }: Peer): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Who called, and where; undefined when the caller has gone already and the kernel no longer knows. */
export function endsOf(socket: Socket): { readonly remote: Peer; readonly local: Peer } | undefined {
  const { remoteAddress, remotePort, localAddress, localPort } = socket;
  if (remoteAddress === undefined || remotePort === undefined) return undefined;
  if (localAddress === undefined || localPort === undefined) return undefined;
  return {
    remote: { address: plainAddress(remoteAddress), port: remotePort },
    local: { address: plainAddress(localAddress), port: localPort },
  };
}
