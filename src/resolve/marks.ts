import { toCidr } from '../model/address.ts';
import { familyOf } from '../model/block.ts';
import type { DiscoveryEntry, Family, Mark } from '../model/config.ts';
import type { ContainerState, Inventory } from '../model/inventory.ts';
import type { Match, Rule } from '../model/ruleset.ts';
import type { ChainPart } from './chains.ts';
import { nameableBridge } from './networks.ts';
import { host, type Place } from './place.ts';
import type { LabelledPort } from './port-label.ts';
import type { Home, Resolving } from './resolved-policy.ts';
import { commentOf, markText } from './titles.ts';
import type { Watched } from './watched.ts';

/** A port of a container that the engine leads to from outside. */
export interface InnerPort {
  readonly protocol: LabelledPort['protocol'];
  readonly port: number;
}

/** The published ports of a container that its label does not list, each once. */
export function publishedBeside(
  { publishedPorts }: ContainerState,
  labelled: readonly LabelledPort[],
): readonly InnerPort[] {
  const ports = new Map<string, InnerPort>();
  for (const { protocol, containerPort: port } of publishedPorts) {
    const isLabelled = labelled.some(
      ({ protocol: other, inside }) => other === protocol && inside.from <= port && port <= inside.to,
    );
    if (!isLabelled) ports.set(`${protocol} ${port}`, { protocol, port });
  }
  return [...ports.values()];
}

interface Marking {
  readonly entry: DiscoveryEntry;
  readonly mark: Mark;
  readonly home: Home;
  readonly watched: Watched;
  readonly place: Place;
}

/**
 * Marks what leaves a published port, so that `routing` can lead it another way. By connection: the answers of connections that came in
 * by another interface than the DNAT's, and what belongs to no connection that this namespace saw come in - a VPN's container sees
 * of clients that the host let in only what they are answered. A packet to the container is never marked, or the other way would be its own.
 */
export function markPublished(
  marking: Marking,
  published: readonly InnerPort[],
  inventory: Inventory,
  resolving: Resolving,
): void {
  const { entry, mark, watched, place } = marking;
  const marked = { kind: 'mark', mark } as const;
  for (const inner of published) {
    const { protocol, port } = inner;
    const comment = titleOf(marking, inner);
    for (const address of watched.everywhere) {
      const family = familyOf(address);
      const rule = (part: ChainPart, match: Match, target: Rule['target']): void =>
        resolving.into.rule(place, family, part, {
          match: { ...match, protocol },
          target,
          comment,
          origin: entry.origin,
        });
      const from: Match = { source: toCidr(address), sourcePorts: [{ from: port, to: port }] };
      const to: Match = { destination: toCidr(address), destinationPorts: [{ from: port, to: port }] };
      passOwnConnections(entry, place, family, inventory, resolving);
      if (entry.markBy === 'source_port') rule('markByPort', from, marked);
      else {
        const arriving = arrivalBy(entry);
        if (arriving !== undefined)
          rule('connmark', { ...to, ...arriving, states: ['NEW'] }, { kind: 'connmark', mark });
        rule('mark', { ...from, direction: 'REPLY', connmark: mark }, marked);
        for (const half of unasked) rule('mark', { ...from, ...half }, marked);
      }
      markTranslated(marking, inner, family, resolving);
    }
  }
}

/** Of a connection whose question was not seen: a first answer opens none and is invalid (nf_conntrack_proto_tcp.c), what follows does. */
const unasked: readonly Match[] = [{ direction: 'ORIGINAL' }, { states: ['INVALID'] }];

/**
 * With br_netfilter the host gives what is answered across a bridge the published address and port back before it comes here (measured
 * on Linux 6.18): it is known by that port alone.
 */
function markTranslated(
  marking: Marking,
  { protocol, port: inner }: InnerPort,
  family: Family,
  { into }: Resolving,
): void {
  const { entry, mark, home, watched, place } = marking;
  const { origin, dnatIface } = entry;
  if (dnatIface === '+') return;
  const notFrom = dnatIface !== undefined && { exceptInInterface: dnatIface };
  const arrived = { target: { kind: 'return' }, comment: 'what arrives unmarked', origin } as const;
  into.rule(place, family, 'arrived', { ...arrived, match: { toLocalAddress: true } });
  for (const destination of home.subnets.filter((subnet) => familyOf(subnet) === family))
    into.rule(place, family, 'arrived', { ...arrived, match: { destination } });
  for (const { address, port, ...published } of watched.container.publishedPorts) {
    if (published.protocol !== protocol || published.containerPort !== inner) continue;
    if (address !== undefined && familyOf(address) !== family) continue;
    const from: Match = {
      ...(address !== undefined && { source: toCidr(address) }),
      ...notFrom,
      protocol,
      sourcePorts: [{ from: port, to: port }],
    };
    for (const half of unasked)
      into.rule(place, family, 'markTranslated', {
        match: { ...from, ...half },
        target: { kind: 'mark', mark },
        comment: titleOf(marking, { protocol, port: inner }),
        origin,
      });
  }
}

function titleOf({ mark, watched: { container } }: Marking, { protocol, port }: InnerPort): string {
  return commentOf(`mark ${markText(mark)} ${container.name} ${protocol}/${port} (published)`);
}

/** Undefined where nothing comes in by another interface than the DNAT's. */
function arrivalBy({ markIface, dnatIface }: DiscoveryEntry): Match | undefined {
  if (markIface !== undefined) return { inInterface: markIface };
  if (dnatIface === undefined) return {};
  return dnatIface === '+' ? undefined : { exceptInInterface: dnatIface };
}

/**
 * What the host's containers ask of each other came in by no uplink: its answers go where they always went. On the host every connection
 * from behind one of the engine's bridges is one that a container opened.
 */
function passOwnConnections(
  { origin }: DiscoveryEntry,
  place: Place,
  family: Family,
  { networks }: Inventory,
  { boundary, into }: Resolving,
): void {
  if (place !== host || !into.first(`own connections ${family}`)) return;
  const live = networks.flatMap((network) => {
    const bridge = nameableBridge(network);
    return bridge === undefined ? [] : [bridge];
  });
  const bridges = new Set([...live, ...boundary.networks.map(({ bridge }) => bridge)]);
  for (const inInterface of [...bridges].sort()) {
    const rule = {
      target: { kind: 'return' },
      comment: 'connections of containers unmarked',
      origin,
    } as const;
    into.rule(host, family, 'fromNetworks', { ...rule, match: { inInterface } });
    into.rule(host, family, 'ownConnections', { ...rule, match: { inInterface, direction: 'ORIGINAL' } });
  }
}
