import { toCidr } from '../model/address.ts';
import { groupBy } from '../model/group-by.ts';
import { type Match, type PortRange, portText, type Rule } from '../model/ruleset.ts';
import { allowAnswers } from './answers.ts';
import { openShut } from './forwarding.ts';
import { homeOf } from './home.ts';
import type { Peer } from './names.ts';
import { host } from './place.ts';
import { passRaw } from './raw.ts';
import type { ResolvedPolicy } from './resolved-policy.ts';
import { bringRoute } from './routing.ts';
import { commentOf } from './titles.ts';
import { trafficOf } from './traffic.ts';

/** A target that packets can be translated to: one address, with the port they are given when it is not the one they came for. */
interface Translation {
  readonly address: string;
  readonly peer: Peer;
}

/** A DNAT with all it needs: forwarding, the accept for the flows it translates, masquerade, and a route; a sentence when it cannot be. */
export function resolveDnat(resolved: ResolvedPolicy): string | undefined {
  const { policy, sources } = resolved;
  const wrongPort = impossiblePort(policy.ports, policy.toPort);
  if (wrongPort !== undefined) return wrongPort;
  const translations: Translation[] = [];
  for (const peer of resolved.targets) {
    const { address } = peer;
    if (address === undefined) return 'a DNAT needs the address of one target, not a network';
    translations.push({ address, peer });
  }
  const anySource: readonly Peer[] = [{ family: 4 }, { family: 6 }];
  let done = 0;
  for (const [family, group] of groupBy(translations, ({ peer }) => peer.family)) {
    for (const source of (sources ?? anySource).filter((peer) => peer.family === family)) {
      translate(resolved, source, group);
      done++;
    }
  }
  return done === 0 ? 'from and to have no address of the same family' : undefined;
}

function translate(resolved: ResolvedPolicy, source: Peer, group: readonly Translation[]): void {
  const { policy, title, place, container, into, at } = resolved;
  const { family } = source;
  const masquerade = policy.masquerade ?? place !== host;
  into.forwarding(place, family, policy.origin);
  for (const traffic of trafficOf(policy)) {
    const cameFor: Match = {
      ...(source.cidr !== undefined && { source: source.cidr }),
      // An interface named: all that comes in on it. None: only what is addressed to this namespace, not what it routes.
      ...(policy.iface !== undefined
        ? { inInterface: policy.iface }
        : at === undefined
          ? { toLocalAddress: true }
          : { destination: toCidr(at) }),
      ...traffic,
    };
    group.forEach(({ address, peer }, index) => {
      const remaining = group.length - index;
      const ports = policy.toPort;
      const rule = (match: Match, target: Rule['target']): Rule => ({
        match,
        target,
        comment: title,
        origin: policy.origin,
      });
      const dnat = rule(
        { ...cameFor, ...(remaining > 1 && { every: remaining }) },
        { kind: 'dnat', address, ...(ports !== undefined && { ports }) },
      );
      if (resolved.keepsOnly !== true) into.rule(place, family, 'dnat', dnat);
      const leadsTo: Match = {
        destination: toCidr(address),
        ...traffic,
        ...(ports !== undefined && { destinationPorts: [ports] }),
      };
      const translated: Match = { ...leadsTo, states: ['DNAT'], ...originalPorts(policy.ports, ports) };
      into.rule(
        place,
        family,
        'translated',
        rule(
          {
            ...translated,
            ...(source.cidr !== undefined && { source: source.cidr }),
            ...(policy.iface !== undefined && { inInterface: policy.iface }),
          },
          { kind: 'accept' },
        ),
      );
      allowAnswers(resolved, source, peer);
      if (place === host) openShut(resolved, source, peer);
      if (masquerade) into.rule(place, family, 'masquerade', rule(translated, { kind: 'masquerade' }));
      else hairpin(resolved, translated, peer);
      if (container !== undefined) reachFromContainer(resolved, leadsTo, peer);
    });
  }
}

/** A client in the target's own network would be answered past the translation (H24); named interfaces keep such clients out. */
function hairpin(resolved: ResolvedPolicy, translated: Match, peer: Peer): void {
  const { policy, title, place, into } = resolved;
  const subnet = homeOf(resolved, peer)?.subnet;
  if (policy.iface !== undefined || subnet === undefined) return;
  into.rule(place, peer.family, 'masquerade', {
    match: { ...translated, source: subnet },
    target: { kind: 'masquerade' },
    comment: title,
    origin: policy.origin,
  });
}

/** The host lets the container through to its target, and the container knows the way, unless both are in one network. */
function reachFromContainer(resolved: ResolvedPolicy, leadsTo: Match, target: Peer): void {
  const { policy, title, container, place, names, into } = resolved;
  if (container === undefined || target.cidr === undefined) return;
  const home = homeOf(resolved, target);
  if (home !== undefined && names.networksOf(container).includes(home.network)) return;
  const own = names.addressesOf(container).map(toCidr);
  for (const source of own.filter((cidr) => cidr.includes(':') === (target.family === 6))) {
    into.forwarding(host, target.family, policy.origin);
    openShut(resolved, { family: target.family, cidr: source }, target);
    const match: Match = { ...leadsTo, source };
    passRaw({ ...resolved, place: host }, target.family, match);
    into.rule(host, target.family, 'translated', {
      match,
      target: { kind: 'accept' },
      comment: commentOf(`${title} (from ${container.name})`),
      origin: policy.origin,
    });
  }
  allowAnswers({ ...resolved, place: host }, { family: target.family }, target);
  bringRoute({ place, container, names, into, origin: policy.origin, to: home?.subnet ?? target.cidr });
}

/** The kernel can compare the port a flow came for only as one number or range. */
function originalPorts(
  ports: readonly PortRange[],
  toPort: PortRange | undefined,
): Pick<Match, 'originalPorts'> {
  const [only] = ports;
  return toPort !== undefined && only !== undefined && ports.length === 1 ? { originalPorts: only } : {};
}

function impossiblePort(ports: readonly PortRange[], toPort: PortRange | undefined): string | undefined {
  if (toPort === undefined || toPort.from === toPort.to) return undefined;
  const same = ports.length === 1 && ports[0] !== undefined && portText(ports[0]) === portText(toPort);
  return same
    ? undefined
    : 'a range of ports can be translated to itself or to one port, not to another range';
}
