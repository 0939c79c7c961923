import { containsAddress, toCidr } from '../model/address.ts';
import { familyOf } from '../model/block.ts';
import type { Config, Origin, PolicyEntry, PortRange } from '../model/config.ts';
import type { Inventory } from '../model/inventory.ts';
import {
  type Awake,
  type ListeningEntry,
  type OnDemandEntry,
  onDemandMark,
  wakingMark,
} from '../model/on-demand.ts';
import type { Match, Rule } from '../model/ruleset.ts';
import { resolveDnat } from './dnat.ts';
import { peer } from './names.ts';
import type { NamespaceCollector } from './namespaces.ts';
import { host } from './place.ts';
import type { Home, Resolving } from './resolved-policy.ts';
import { rememberStops } from './stops.ts';
import { commentOf, policyTitle } from './titles.ts';

/** Leads what comes to the ports of entries that are awake to their containers; what is of the other family goes to the program. */
export function resolveOnDemand(config: Config, inventory: Inventory, resolving: Resolving): void {
  for (const awake of config.awake ?? []) {
    const entry = config.onDemand.find(({ name }) => name === awake.name);
    for (const listening of entry?.listen ?? [])
      if (entry !== undefined && !isLoopback(listening)) lead(entry, listening, awake, inventory, resolving);
  }
}

/** What is addressed to a loopback address never comes in from outside. */
function isLoopback({ address }: ListeningEntry): boolean {
  return address !== undefined && (address === '::1' || containsAddress('127.0.0.0/8', address));
}

function lead(
  entry: OnDemandEntry,
  { address: at, port, protocol }: ListeningEntry,
  awake: Awake,
  inventory: Inventory,
  resolving: Resolving,
): void {
  const { address, port: toPort, leads } = awake;
  if (at !== undefined && familyOf(at) !== familyOf(address)) return;
  const { origin, name, sources, target } = entry;
  const policy: PolicyEntry = {
    origin,
    index: -1,
    to: [target.kind === 'container' ? target.name : target.host],
    ports: [range(port)],
    ...(toPort !== port && { toPort: range(toPort) }),
    proto: protocol,
    action: 'accept',
    log: false,
    nat: 'dnat',
    in: 'host',
  };
  const home = homeIn(inventory, address);
  const title = `${policyTitle(policy)} ${onDemandMark(name)}`;
  count(awake, commentOf(`${wakingMark(awake)} ${title}`), { origin, protocol, asked: port }, resolving.into);
  // A source of the other family is led nowhere, which is no fault.
  resolveDnat({
    ...resolving,
    policy,
    title: commentOf(title),
    place: host,
    container: undefined,
    ...(at !== undefined && { at }),
    ...(!leads && { keepsOnly: true }),
    ...(home !== undefined && { home }),
    sources: sources?.map((cidr) => peer(cidr)),
    targets: [peer(toCidr(address))],
    stops: rememberStops(),
  });
}

interface Counted {
  readonly origin: Origin;
  readonly protocol: 'tcp' | 'udp';
  /** The port that clients ask for. */
  readonly asked: number;
}

/**
 * What passes each way, as it leaves the host, whichever rule let it pass. Counters of one waking: another's rules are others, so that what
 * they counted is not taken for its own.
 */
function count(
  { address, port }: Awake,
  comment: string,
  { origin, protocol, asked }: Counted,
  into: NamespaceCollector,
): void {
  const family = familyOf(address);
  const rule = (part: 'counted' | 'led', match: Match, target: Rule['target'], about: string) =>
    into.rule(host, family, part, { match, target, comment: about, origin });
  const led = { kind: 'jump', chain: into.chain('COUNT-LED') } as const;
  rule('counted', { states: ['DNAT'] }, led, 'what is led to containers on demand is counted');
  const common = { protocol, originalPorts: range(asked) };
  const toTarget = { destination: toCidr(address), destinationPorts: [range(port)] };
  const toClient = { source: toCidr(address), sourcePorts: [range(port)] };
  rule('led', { ...common, ...toTarget, direction: 'ORIGINAL' }, { kind: 'count' }, comment);
  rule('led', { ...common, ...toClient, direction: 'REPLY' }, { kind: 'count' }, comment);
}

function range(number: number): PortRange {
  return { from: number, to: number };
}

function homeIn({ networks }: Inventory, address: string): Home | undefined {
  const home = networks.find(({ subnets }) => subnets.some(({ subnet }) => containsAddress(subnet, address)));
  return home && { network: home.name, subnets: home.subnets.map(({ subnet }) => subnet) };
}
