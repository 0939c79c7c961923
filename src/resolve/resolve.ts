import type { Config } from '../model/config.ts';
import type { Desired } from '../model/desired.ts';
import type { HostFacts } from '../model/facts.ts';
import type { Inventory } from '../model/inventory.ts';
import type { Notice } from '../model/notice.ts';
import type { Ownership } from '../model/ownership.ts';
import { keepApart } from './apart.ts';
import { boundaryOf } from './boundary.ts';
import { announceBridges } from './bridges.ts';
import { refuseByNetwork } from './denials.ts';
import { resolveDiscovery } from './discovery.ts';
import { resolveEndpoints } from './endpoints.ts';
import { forwardForNetworks } from './forwarding.ts';
import { resolveFrames } from './frames.ts';
import { guardGateways } from './gateway-guard.ts';
import { resolveGateways } from './gateways.ts';
import type { KnownPolicies } from './known-policies.ts';
import { nameResolver } from './names.ts';
import { namespaceCollector } from './namespaces.ts';
import { optionNotices } from './network-options.ts';
import { resolveNetworks } from './networks.ts';
import { resolveOnDemand } from './on-demand.ts';
import { resolvePolicies } from './policies.ts';
import { resolveRouting } from './routing.ts';

/**
 * What the host should be, given the file, the containers and networks there are, and what the host can do; the same input gives
 * the same answer.
 */
export function resolve(
  config: Config,
  inventory: Inventory,
  ownership: Ownership,
  facts: HostFacts,
  known?: KnownPolicies,
): Desired {
  const networks = resolveNetworks(config, inventory, facts);
  const { endpoints, notices: endpointNotices } = resolveEndpoints(config, inventory);
  const names = nameResolver(config, inventory, { networks, endpoints });
  const namespaces = namespaceCollector(ownership);
  const boundary = boundaryOf(config, networks, facts);
  const resolving = { names, boundary, facts, into: namespaces };
  guardGateways(inventory, resolving);
  keepApart(inventory, resolving);
  refuseByNetwork(inventory, resolving);
  announceBridges(resolving);
  const course = known?.begin(config, [inventory.networks, ownership, facts], namespaces);
  const policyNotices = resolvePolicies(config, resolving, course);
  const discovered = resolveDiscovery(config, inventory, resolving);
  resolveOnDemand(config, inventory, resolving);
  const routingNotices = resolveRouting(config, names, namespaces);
  resolveGateways(config, inventory, names, facts, namespaces);
  forwardForNetworks(networks, inventory, namespaces);
  const frames =
    facts.framesRefused === undefined ? resolveFrames(inventory, endpoints, resolving) : undefined;
  return {
    networks,
    endpoints,
    ...(frames !== undefined && { frames }),
    namespaces: namespaces.finish(config.sets && facts.sets),
    warmUps: discovered.warmUps,
    notices: [
      ...optionNotices(config.networks, inventory.networks, facts),
      ...endpointNotices,
      ...policyNotices,
      ...routingNotices,
      ...discovered.notices,
      ...(config.sets ? refusedSets(facts) : []),
      ...refusedFrames(config, facts),
    ],
  };
}

/** That the tool is not installed is for `doctor` to say; a kernel that does not do what its tool offers is news. */
function refusedSets({ setsRefused }: HostFacts): readonly Notice[] {
  if (setsRefused === undefined) return [];
  const message = `sets are not used, every policy is a rule of its own: ${setsRefused}`;
  return [
    { kind: 'warning', subject: 'kernel', message, hint: 'sets: false in the file says that this is meant' },
  ];
}

function refusedFrames({ networks }: Config, { framesRefused }: HostFacts): readonly Notice[] {
  const guarded = networks.filter(({ gatewayContainer }) => gatewayContainer !== undefined);
  if (framesRefused === undefined || guarded.length === 0) return [];
  const names = guarded.map(({ name }) => name).join(', ');
  return [
    {
      kind: 'warning',
      subject: 'kernel',
      message: `members of ${names} can use each other's addresses and their gateway's: ${framesRefused}`,
      hint: "nft's bridge family is needed: the tool nft, and a kernel with nf_tables_bridge; all else is in force",
    },
  ];
}
