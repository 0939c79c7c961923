import type { Change } from '../model/change.ts';
import type { Origin } from '../model/config.ts';
import type { Desired } from '../model/desired.ts';
import type { NamespaceId } from '../model/namespace.ts';
import type { Plan } from '../model/plan.ts';
import { titleText } from '../model/ruleset.ts';
import {
  describeEndpoint,
  describeNetwork,
  describeRoute,
  describeRoutingRule,
  describeSysctl,
} from './describe.ts';

/** One declared thing that holds on the host. */
export type InForce = Omit<Change, 'sign' | 'detail'>;

/** All that the file declares and the host has: what is desired, less what the plan would still change or cannot do. */
export function inForce(desired: Desired, plan: Plan): readonly InForce[] {
  const missing = new Set<string>();
  for (const { changes } of plan.operations) for (const change of changes) missing.add(lineKey(change));
  const refused = new Set(
    plan.notices
      .filter(({ kind, origin }) => kind !== 'warning' && !isDiscovery(origin))
      .map(({ origin }) => JSON.stringify(origin)),
  );
  const lines = new Map<string, InForce>();
  for (const line of declared(desired, plan.unseen ?? new Set())) {
    if (missing.has(lineKey(line)) || refused.has(JSON.stringify(line.origin))) continue;
    if (!lines.has(lineKey(line))) lines.set(lineKey(line), line);
  }
  return [...lines.values()];
}

/** An entry stands for many containers: what cannot be done for one says nothing of the others. */
function isDiscovery(origin: Origin | undefined): boolean {
  return origin?.pointer.startsWith('/discovery/') === true;
}

function* declared(
  { networks, endpoints, namespaces }: Desired,
  unseen: ReadonlySet<NamespaceId>,
): Generator<InForce> {
  for (const network of networks) {
    yield { area: 'networks', text: describeNetwork(network), origin: network.origin };
  }
  for (const endpoint of endpoints) {
    yield { area: 'containers', text: describeEndpoint(endpoint), origin: endpoint.origin };
  }
  for (const { id, name: place, tables, sets, routes, rules, sysctls } of namespaces.values()) {
    if (unseen.has(id)) continue;
    const area = 'namespace';
    for (const { chains } of tables) {
      for (const { comment, origin, target } of chains.flatMap((chain) => chain.rules)) {
        if (comment !== undefined && target.kind !== 'count')
          yield { area, place, text: titleText(comment), ...(origin && { origin }) };
      }
    }
    for (const { comment, origin } of sets.flatMap(({ elements }) => elements)) {
      if (comment !== undefined) yield { area, place, text: titleText(comment), ...(origin && { origin }) };
    }
    for (const route of routes) yield { area, place, text: describeRoute(route), origin: route.origin };
    for (const rule of rules) yield { area, place, text: describeRoutingRule(rule), origin: rule.origin };
    for (const { key, value, origin } of sysctls) {
      yield { area, place, text: describeSysctl(key, value), origin };
    }
  }
}

function lineKey({ area, place, text }: InForce): string {
  return JSON.stringify([area, place, text]);
}
