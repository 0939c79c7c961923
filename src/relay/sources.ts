import { BlockList } from 'node:net';
import { type Peer, peerFamily } from './peer.ts';

/** Whether a caller is among the CIDRs; everybody is where no list is given, nobody where it is empty. */
export function allowedSources(cidrs: readonly string[] | undefined): (caller: Peer) => boolean {
  if (cidrs === undefined) return () => true;
  const list = new BlockList();
  for (const cidr of cidrs) {
    const [address = '', prefix] = cidr.split('/');
    const family = address.includes(':') ? 'ipv6' : 'ipv4';
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return (caller) =>
    list.check(caller.address.replace(/%.*$/, ''), peerFamily(caller) === 4 ? 'ipv4' : 'ipv6');
}
