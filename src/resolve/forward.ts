import type { PolicyEntry } from '../model/config.ts';
import type { Match, Target } from '../model/ruleset.ts';
import { allowBySet } from './allow.ts';
import { allowAnswers } from './answers.ts';
import type { ChainPart } from './chains.ts';
import { forwardForPolicy } from './forwarding.ts';
import type { Peer } from './names.ts';
import { host } from './place.ts';
import { passRaw } from './raw.ts';
import type { ResolvedPolicy } from './resolved-policy.ts';
import { flowsOf, trafficOf } from './traffic.ts';

/** An element or rules for each pair of source and target that are of one family, in file order; a sentence when no pair is. */
export function resolveForward(resolved: ResolvedPolicy): string | undefined {
  const { policy, sources = [], targets, stops } = resolved;
  const pairs: { readonly source: Peer; readonly target: Peer }[] = [];
  for (const source of sources)
    for (const target of targets) if (target.family === source.family) pairs.push({ source, target });
  if (pairs.length === 0) return 'from and to have no address of the same family';
  for (const { source, target } of pairs) {
    if (source.isHost === true || target.isHost === true) atTheHost(resolved, source, target);
    else pass(resolved, source, target);
  }
  if (policy.action !== 'accept' || policy.log) {
    for (const { source, target } of pairs) stops.add(flowsOf(policy, source, target));
  }
  return undefined;
}

function pass(resolved: ResolvedPolicy, source: Peer, target: Peer): void {
  const { policy, place } = resolved;
  forwardForPolicy(resolved, source, target);
  if (policy.action === 'accept') allowAnswers(resolved, source, target);
  const isElement = allowBySet(resolved, source, target);
  if (!isElement) {
    write(resolved, 'policies', source, target);
    if (policy.action === 'accept')
      for (const match of matchesOf(policy, source, target)) passRaw(resolved, source.family, match);
  }
  if (place === host) atTheHost(resolved, source, target, isElement);
}

/** Some of it the host itself sends or receives: that is filtered only where a network says so. */
function atTheHost(resolved: ResolvedPolicy, source: Peer, target: Peer, isElement = false): void {
  const { boundary } = resolved;
  const bySource = source.isHost === true || source.cidr === undefined;
  if (bySource && boundary.guardsIngress(target.cidr)) write(resolved, 'fromHost', source, target);
  const toAddress = target.isHost === true || (target.cidr !== undefined && !isElement);
  if (toAddress && source.isHost !== true && boundary.guardsHost(source.cidr))
    write(resolved, 'toHost', source, target);
}

function write(resolved: ResolvedPolicy, part: ChainPart, source: Peer, target: Peer): void {
  const { policy, title, place, into } = resolved;
  for (const match of matchesOf(policy, source, target)) {
    for (const verdict of verdictsOf(policy, title)) {
      into.rule(place, source.family, part, {
        match: verdict.kind === 'log' ? { ...match, states: ['NEW'] } : match,
        target: verdict,
        comment: title,
        origin: policy.origin,
      });
    }
  }
}

function matchesOf(policy: PolicyEntry, source: Peer, target: Peer): readonly Match[] {
  return trafficOf(policy).map((traffic) => ({
    ...(source.cidr !== undefined && { source: source.cidr }),
    ...(target.cidr !== undefined && { destination: target.cidr }),
    ...traffic,
    ...(policy.iface !== undefined && { inInterface: policy.iface }),
  }));
}

function verdictsOf(policy: PolicyEntry, title: string): readonly Target[] {
  const verdict: Target =
    policy.action === 'reject'
      ? { kind: 'reject', with: policy.proto === 'tcp' ? 'tcp-reset' : 'port-unreachable' }
      : { kind: policy.action };
  if (!policy.log) return [verdict];
  return [{ kind: 'log', prefix: `${title.slice(0, 27)}: ` }, verdict];
}
