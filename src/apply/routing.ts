import { isNetwrightError } from '../errors.ts';
import type { Argv } from '../host/command.ts';
import type { Host } from '../host/host.ts';
import { routeArguments, routingRuleArguments } from '../iproute/render.ts';
import type {
  AddRoute,
  AddRoutingRule,
  RemoveRoute,
  RemoveRoutingRule,
} from '../model/routing-operations.ts';
import { change } from './change.ts';

type Routing = AddRoute | RemoveRoute | AddRoutingRule | RemoveRoutingRule;

/** Adds the route with our protocol; refused by the kernel where somebody else's is in its place. */
export function addRoute(host: Host, operation: AddRoute, signal: AbortSignal): Promise<void> {
  return ip(host, operation, signal);
}

/** Removes the route, if it has our protocol or is to go whoever made it; one that went with its interface, as when its container left the network, is removed. */
export async function removeRoute(host: Host, operation: RemoveRoute, signal: AbortSignal): Promise<void> {
  await unlessGone(ip(host, operation, signal));
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
export function addRoutingRule(host: Host, operation: AddRoutingRule, signal: AbortSignal): Promise<void> {
  return ip(host, operation, signal);
}

/** Removes the policy-routing rule, if it has our protocol; one that is gone already is removed. */
export async function removeRoutingRule(
  host: Host,
  operation: RemoveRoutingRule,
  signal: AbortSignal,
): Promise<void> {
  await unlessGone(ip(host, operation, signal));
}

async function ip(host: Host, operation: Routing, signal: AbortSignal): Promise<void> {
  await change(host, operation.namespace, (place) => place.run(routingCommand(host, operation), { signal }));
}

/** The command that does it. */
export function routingCommand({ ownership }: Pick<Host, 'ownership'>, operation: Routing): Argv {
  switch (operation.kind) {
    case 'add-route': {
      const { route } = operation;
      return ['ip', `-${route.family}`, 'route', 'add', ...routeArguments(route, ownership)];
    }
    case 'remove-route': {
      const { route, foreign } = operation;
      const words = routeArguments(route, foreign ? undefined : ownership);
      return ['ip', `-${route.family}`, 'route', 'del', ...words];
    }
    case 'add-routing-rule': {
      const { rule } = operation;
      return ['ip', `-${rule.family}`, 'rule', 'add', ...routingRuleArguments(rule, ownership)];
    }
    case 'remove-routing-rule': {
      const { rule } = operation;
      return ['ip', `-${rule.family}`, 'rule', 'del', ...routingRuleArguments(rule, ownership)];
    }
  }
}
