import { boundsOf } from '../model/address.ts';
import type { Protocol } from '../model/ruleset.ts';
import type { Flow } from './flow.ts';

/** What a connection's namespace knows and connection tracking does not. */
export interface Surroundings {
  /** The address is one of the namespace's own. */
  readonly isLocal: (address: string) => boolean;
  /** The interface by which the address is reached; undefined where that cannot be told. */
  readonly linkTo: (address: string) => string | undefined;
}

/** The address and port a packet goes to. */
export interface Goal {
  readonly address: bigint;
  readonly port: number | undefined;
  readonly isLocal: boolean;
}

/**
 * What rules see of a connection's packets on their way there. To a filter they go where the answers come from: a translation of the
 * destination is done by then, and one of the source is not (Linux: nf_nat is before the filter in PREROUTING, after it in POSTROUTING).
 */
export interface Subject {
  /** By which of the kernel's hooks they pass the filter. */
  readonly path: 'forward' | 'input' | 'output';
  readonly protocol: Protocol | undefined;
  readonly source: bigint;
  readonly sourcePort: number | undefined;
  readonly icmpType: number | undefined;
  readonly asked: Goal;
  readonly reached: Goal & { readonly text: string };
  readonly isTranslated: boolean;
  /** null: they have none; undefined: it cannot be told. */
  readonly inLink: string | undefined | null;
  readonly outLink: string | undefined | null;
}

/** The connection as rules see it. */
export function subjectOf({ protocol, original, reply }: Flow, { isLocal, linkTo }: Surroundings): Subject {
  const goal = (address: string, port: number | undefined): Goal => ({
    address: boundsOf(address)[0],
    port,
    isLocal: isLocal(address),
  });
  const asked = goal(original.destination, original.destinationPort);
  const reached = goal(reply.source, reply.sourcePort);
  const path = isLocal(original.source) ? 'output' : reached.isLocal ? 'input' : 'forward';
  return {
    path,
    protocol: protocols.get(protocol),
    source: boundsOf(original.source)[0],
    sourcePort: original.sourcePort,
    icmpType: original.icmpType,
    asked,
    reached: { ...reached, text: reply.source },
    isTranslated: original.destination !== reply.source || original.destinationPort !== reply.sourcePort,
    inLink: path === 'output' ? null : linkTo(original.source),
    outLink: path === 'input' ? null : linkTo(reply.source),
  };
}

const protocols: ReadonlyMap<number, Protocol> = new Map([
  [1, 'icmp'],
  [6, 'tcp'],
  [17, 'udp'],
  [58, 'icmp'],
  [132, 'sctp'],
]);
