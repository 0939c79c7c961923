import { boundsOf } from '../model/address.ts';
import { familyOf } from '../model/block.ts';
import type { PortRange, Protocol } from '../model/ruleset.ts';
import { memoised } from './memoised.ts';

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
  const bounds = memoised(boundsOf);
  const shareBlock = (one: string | undefined, other: string | undefined): boolean => {
    if (one === undefined || other === undefined || one === other) return true;
    if (familyOf(one) !== familyOf(other)) return false;
    const [[first, last], [otherFirst, otherLast]] = [bounds(one), bounds(other)];
    return first <= otherLast && otherFirst <= last;
  };
  return {
    add: (flows) => {
      const { target } = flows;
      const sameTarget = target === undefined ? undefined : single.get(target);
      if (sameTarget !== undefined) sameTarget.push(flows);
      else if (target !== undefined && isSingle(target)) single.set(target, [flows]);
      else wide.push(flows);
    },
    overlap: (flows) => {
      const isShared = (stop: Flows): boolean =>
        shareProtocol(stop.protocol, flows.protocol) &&
        sharePorts(stop.ports, flows.ports) &&
        shareBlock(stop.target, flows.target) &&
        shareBlock(stop.source, flows.source);
      const sameTarget = flows.target === undefined ? undefined : single.get(flows.target);
      return wide.some(isShared) || sameTarget?.some(isShared) === true;
    },
  };
}

function isSingle(cidr: string): boolean {
  return cidr.endsWith(cidr.includes(':') ? '/128' : '/32');
}

function shareProtocol(one: Protocol | undefined, other: Protocol | undefined): boolean {
  return one === undefined || other === undefined || one === other;
}

function sharePorts(some: readonly PortRange[], others: readonly PortRange[]): boolean {
  if (some.length === 0 || others.length === 0) return true;
  return some.some((one) => others.some((other) => one.from <= other.to && other.from <= one.to));
}
