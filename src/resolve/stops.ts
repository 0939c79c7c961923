import { overlaps } from '../model/address.ts';
import type { PortRange, Protocol } from '../model/ruleset.ts';

/** The flows a policy speaks of; what is undefined is everything. */
export interface Flows {
  readonly source: string | undefined;
  readonly target: string | undefined;
  readonly protocol: Protocol | undefined;
  readonly ports: readonly PortRange[];
}

/** What policies refuse or log: an accept behind them in the file may not overtake them. */
export interface Stops {
  add(flows: Flows): void;
  /** Whether anything added so far speaks of any of these flows, too. */
  overlap(flows: Flows): boolean;
}

/** Remembers the flows by their target, since most are single addresses. */
export function rememberStops(): Stops {
  const single = new Map<string, Flows[]>();
  const wide: Flows[] = [];
  return {
    add: (flows) => {
      if (flows.target === undefined || !isSingle(flows.target)) wide.push(flows);
      else single.set(flows.target, [...(single.get(flows.target) ?? []), flows]);
    },
    overlap: (flows) => {
      const isShared = (stop: Flows): boolean => share(stop, flows);
      const sameTarget = flows.target === undefined ? undefined : single.get(flows.target);
      return wide.some(isShared) || sameTarget?.some(isShared) === true;
    },
  };
}

function isSingle(cidr: string): boolean {
  return cidr.endsWith(cidr.includes(':') ? '/128' : '/32');
}

function share(one: Flows, other: Flows): boolean {
  return (
    shareProtocol(one.protocol, other.protocol) &&
    sharePorts(one.ports, other.ports) &&
    shareBlock(one.target, other.target) &&
    shareBlock(one.source, other.source)
  );
}

function shareProtocol(one: Protocol | undefined, other: Protocol | undefined): boolean {
  return one === undefined || other === undefined || one === other;
}

function sharePorts(some: readonly PortRange[], others: readonly PortRange[]): boolean {
  if (some.length === 0 || others.length === 0) return true;
  return some.some((one) => others.some((other) => one.from <= other.to && other.from <= one.to));
}

function shareBlock(one: string | undefined, other: string | undefined): boolean {
  return one === undefined || other === undefined || one === other || overlaps(one, other);
}
