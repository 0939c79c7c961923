import { NetwrightError } from '../errors.ts';
import { peerText } from './peer.ts';

/** What a port that may not be listened on means to a person: LISTEN_FAILED with the address and why. */
export function listenFailed(
  error: NodeJS.ErrnoException,
  address: string | undefined,
  port: number,
): NetwrightError {
  const where = address === undefined ? `port ${port}` : peerText({ address, port });
  const [why, hint] = meaningOf(error.code);
  return new NetwrightError('LISTEN_FAILED', `cannot listen on ${where}: ${why ?? error.message}`, {
    cause: error,
    ...(hint !== undefined && { hint }),
  });
}

function meaningOf(code: string | undefined): readonly [why?: string, hint?: string] {
  if (code === 'EADDRINUSE') return ['another program has it', 'ss -ltunp shows which'];
  if (code === 'EADDRNOTAVAIL') return ['this host has no such address'];
  if (code === 'EACCES') return ['not permitted', 'ports under 1024 are for root, or CAP_NET_BIND_SERVICE'];
  return [];
}
