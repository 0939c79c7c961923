import { containsAddress } from '../../src/model/address.ts';
import type { ConntrackState, Family, Match, PortRange, Protocol } from '../../src/model/ruleset.ts';
import { isElement, type Sets } from './set.ts';

/** A packet where a rule sees it, with what the kernel's connection tracking knows of its connection. */
export interface Packet {
  readonly family: Family;
  readonly source: string;
  readonly destination: string;
  readonly protocol: Protocol;
  /** The port it goes to; ICMP has none. */
  readonly port?: number;
  /** The port it comes from; absent: not known, so no rule that names one applies. */
  readonly sourcePort?: number;
  /** The message's number, for ICMP. */
  readonly icmpType?: number;
  /** Absent: nothing is known of it, so no rule that names an interface applies. */
  readonly inInterface?: string;
  readonly outInterface?: string;
  /** `NEW` unless told. */
  readonly state?: Exclude<ConntrackState, 'DNAT'>;
  /** `ORIGINAL` unless told. */
  readonly direction?: 'ORIGINAL' | 'REPLY';
  /** The port the client asked for, when a DNAT changed it. */
  readonly originalPort?: number;
  /** The connection's destination was translated. */
  readonly translated?: boolean;
  /** The destination is an address of this namespace. */
  readonly toLocalAddress?: boolean;
}

/** Whether the packet is what the match asks for; `every` is not looked at. Throws for a set that is not there, as the kernel refuses such a rule. */
export function isMatch(match: Match, packet: Packet, sets: Sets = []): boolean {
  return (
    isWithin(match.source, packet.source) &&
    isWithin(match.destination, packet.destination) &&
    isInterface(match.inInterface, packet.inInterface) &&
    isOtherInterface(match.exceptInInterface, packet.inInterface) &&
    isInterface(match.outInterface, packet.outInterface) &&
    (match.protocol === undefined || match.protocol === packet.protocol) &&
    (match.destinationPorts === undefined ||
      match.destinationPorts.some((range) => isInRange(range, packet.port))) &&
    (match.sourcePorts === undefined ||
      match.sourcePorts.some((range) => isInRange(range, packet.sourcePort))) &&
    (match.icmpType === undefined || (packet.protocol === 'icmp' && match.icmpType === packet.icmpType)) &&
    (match.set === undefined || isElement(match.set, packet, sets)) &&
    (match.toLocalAddress !== true || packet.toLocalAddress === true) &&
    (match.states === undefined || match.states.some((state) => isInState(state, packet))) &&
    (match.direction === undefined || match.direction === (packet.direction ?? 'ORIGINAL')) &&
    (match.originalPorts === undefined || isInRange(match.originalPorts, packet.originalPort ?? packet.port))
  );
}

function isWithin(cidr: string | undefined, address: string): boolean {
  return cidr === undefined || containsAddress(cidr, address);
}

function isInterface(pattern: string | undefined, name: string | undefined): boolean {
  if (pattern === undefined || pattern === '+') return true;
  if (name === undefined) return false;
  return pattern.endsWith('+') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}

/** `! -i`: an interface that is not known is taken for one that the rule does not speak of. */
function isOtherInterface(pattern: string | undefined, name: string | undefined): boolean {
  return pattern === undefined || (name !== undefined && !isInterface(pattern, name));
}

function isInRange(range: PortRange, port: number | undefined): boolean {
  return port !== undefined && range.from <= port && port <= range.to;
}

/** `DNAT` is no state of its own but a virtual one: it holds beside the real one, in both directions. */
function isInState(state: ConntrackState, packet: Packet): boolean {
  return state === 'DNAT' ? packet.translated === true : state === (packet.state ?? 'NEW');
}
