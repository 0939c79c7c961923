import { boundsOf } from '../model/address.ts';
import type { Match, PortRange } from '../model/ruleset.ts';

/** The connections that a match means, as far as two matches can be compared by what they say. */
export interface Region {
  readonly source: Bounds | undefined;
  readonly destination: Bounds | undefined;
  readonly match: Match;
}

type Bounds = readonly [first: bigint, last: bigint];

/** The match made ready to be compared with others. */
export function regionOf(match: Match): Region {
  return {
    source: match.source === undefined ? undefined : boundsOf(match.source),
    destination: match.destination === undefined ? undefined : boundsOf(match.destination),
    match,
  };
}

/** Whether every connection is meant. */
export function isEverywhere({ match }: Region): boolean {
  return Object.values(match).every((field) => field === undefined);
}

/** Whether a connection can be meant by both; true where that cannot be told. */
export function overlap(one: Region, other: Region): boolean {
  const [a, b] = [one.match, other.match];
  return (
    meet(one.source, other.source) &&
    meet(one.destination, other.destination) &&
    (a.protocol === undefined || b.protocol === undefined || a.protocol === b.protocol) &&
    portsMeet(a.destinationPorts, b.destinationPorts) &&
    namesMeet(a.inInterface, b.inInterface) &&
    namesMeet(a.outInterface, b.outInterface)
  );
}

/** Whether each connection meant by the inner one is meant by the outer one, too; false where that cannot be told. */
export function covers(outer: Region, inner: Region): boolean {
  const [a, b] = [outer.match, inner.match];
  return (
    holds(outer.source, inner.source) &&
    holds(outer.destination, inner.destination) &&
    (a.protocol === undefined || a.protocol === b.protocol) &&
    portsHold(a.destinationPorts, b.destinationPorts) &&
    (a.inInterface === undefined || a.inInterface === b.inInterface) &&
    (a.outInterface === undefined || a.outInterface === b.outInterface) &&
    same(unusual(a), unusual(b))
  );
}

function meet(one: Bounds | undefined, other: Bounds | undefined): boolean {
  return one === undefined || other === undefined || (one[0] <= other[1] && other[0] <= one[1]);
}

function holds(outer: Bounds | undefined, inner: Bounds | undefined): boolean {
  if (outer === undefined) return true;
  return inner !== undefined && outer[0] <= inner[0] && inner[1] <= outer[1];
}

function portsMeet(one: readonly PortRange[] | undefined, other: readonly PortRange[] | undefined): boolean {
  if (one === undefined || other === undefined) return true;
  return one.some((a) => other.some((b) => a.from <= b.to && b.from <= a.to));
}

function portsHold(
  outer: readonly PortRange[] | undefined,
  inner: readonly PortRange[] | undefined,
): boolean {
  if (outer === undefined) return true;
  return inner?.every((b) => outer.some((a) => a.from <= b.from && b.to <= a.to)) === true;
}

function namesMeet(one: string | undefined, other: string | undefined): boolean {
  if (one === undefined || other === undefined || one === other) return true;
  return one.endsWith('+') || other.endsWith('+');
}

/** What is compared as a whole, as rules seldom ask for it. */
function unusual(match: Match): readonly unknown[] {
  const {
    states,
    direction,
    originalPorts,
    sourcePorts,
    exceptInInterface,
    toLocalAddress,
    icmpType,
    every,
  } = match;
  return [
    states?.toSorted().join(),
    direction,
    ...[originalPorts?.from, originalPorts?.to],
    sourcePorts?.map(({ from, to }) => `${from}-${to}`).join(),
    ...[exceptInInterface, toLocalAddress, icmpType, every],
  ];
}

function same(one: readonly unknown[], other: readonly unknown[]): boolean {
  return one.every((value, index) => value === other[index]);
}
