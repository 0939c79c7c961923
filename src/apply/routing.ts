import { isNetwrightError } from '../errors.ts';
import type { Host } from '../host/host.ts';
import { routeArguments, routingRuleArguments } from '../iproute/render.ts';
import type { NamespaceId } from '../model/namespace.ts';
import type {
  AddRoute,
  AddRoutingRule,
  RemoveRoute,
  RemoveRoutingRule,
} from '../model/routing-operations.ts';
import type { Family } from '../model/ruleset.ts';
import { change } from './change.ts';

/** Adds the route with our protocol; refused by the kernel where somebody else's is in its place. */
export function addRoute(host: Host, { namespace, route }: AddRoute, signal: AbortSignal): Promise<void> {
  return ip(
    host,
    namespace,
    route.family,
    ['route', 'add', ...routeArguments(route, host.ownership)],
    signal,
  );
}

/** Removes the route, if it has our protocol or is to go whoever made it; one that went with its interface, as when its container left the network, is removed. */
export async function removeRoute(
  host: Host,
  { namespace, route, foreign }: RemoveRoute,
  signal: AbortSignal,
): Promise<void> {
  const words = ['route', 'del', ...routeArguments(route, foreign ? undefined : host.ownership)];
  await unlessGone(ip(host, namespace, route.family, words, signal));
}

async function unlessGone(asked: Promise<void>): Promise<void> {
  try {
    await asked;
  } catch (error) {
    if (!isNetwrightError(error, 'COMMAND_FAILED') || !gone.test(error.message)) throw error;
  }
}

/** As the kernel says it of interfaces, of routes, and of rules. */
const gone = /Cannot find device|No such process|No such file or directory/;

/** Adds the policy-routing rule with our protocol. */
export function addRoutingRule(
  host: Host,
  { namespace, rule }: AddRoutingRule,
  signal: AbortSignal,
): Promise<void> {
  return ip(
    host,
    namespace,
    rule.family,
    ['rule', 'add', ...routingRuleArguments(rule, host.ownership)],
    signal,
  );
}

/** Removes the policy-routing rule, if it has our protocol; one that is gone already is removed. */
export async function removeRoutingRule(
  host: Host,
  { namespace, rule }: RemoveRoutingRule,
  signal: AbortSignal,
): Promise<void> {
  const words = ['rule', 'del', ...routingRuleArguments(rule, host.ownership)];
  await unlessGone(ip(host, namespace, rule.family, words, signal));
}

async function ip(
  host: Host,
  namespace: NamespaceId,
  family: Family,
  words: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  await change(host, namespace, (place) => place.run(['ip', `-${family}`, ...words], { signal }));
}
