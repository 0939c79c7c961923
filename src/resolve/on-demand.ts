import { containsAddress, familyOf, toCidr } from '../model/address.ts';
import type { Config, ListeningEntry, OnDemandEntry, PolicyEntry } from '../model/config.ts';
import type { Inventory } from '../model/inventory.ts';
import { type Awake, onDemandMark } from '../model/on-demand.ts';
import { resolveDnat } from './dnat.ts';
import { peer } from './names.ts';
import { host } from './namespaces.ts';
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
  { address, port: toPort, leads }: Awake,
  inventory: Inventory,
  resolving: Resolving,
): void {
  if (at !== undefined && familyOf(at) !== familyOf(address)) return;
  const { origin, name, sources, target } = entry;
  const range = (number: number) => ({ from: number, to: number });
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
  // A source of the other family is led nowhere, which is no fault.
  resolveDnat({
    ...resolving,
    policy,
    title: commentOf(`${policyTitle(policy)} ${onDemandMark(name)}`),
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

function homeIn({ networks }: Inventory, address: string): Home | undefined {
  const home = networks.find(({ subnets }) => subnets.some(({ subnet }) => containsAddress(subnet, address)));
  return home && { network: home.name, subnets: home.subnets.map(({ subnet }) => subnet) };
}
