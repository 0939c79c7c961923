import type { SetType } from '../model/sets.ts';

/** How many elements a set of ours has room for; a set does not grow beyond what it was made with. */
export const room = 1_048_576;

/** Only where packets are let through is it of interest how many. */
export function keepsCounters(type: SetType): boolean {
  return type === 'hash:ip,port,net';
}

/** By name and by number: ipset prints numbers where there is no /etc/protocols, and takes names only where there is. */
export const protocolNumbers: ReadonlyMap<string, string> = new Map([
  ['tcp', '6'],
  ['udp', '17'],
  ['sctp', '132'],
]);
