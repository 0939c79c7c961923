import { overlaps } from '../model/address.ts';
import type { DesiredNetwork } from '../model/desired.ts';
import { hostNamespace } from '../model/namespace.ts';
import type { Observed } from '../model/observed.ts';

/** Who else has these addresses: another network of the engine, or a route of the host (H14). */
export function overlapOf(
  network: DesiredNetwork,
  removed: ReadonlySet<string>,
  { inventory, namespaces }: Observed,
): string | undefined {
  const others = inventory.networks.filter(({ name }) => name !== network.name && !removed.has(name));
  const engineSubnets = new Set(
    inventory.networks.flatMap(({ subnets }) => subnets.map(({ subnet }) => subnet)),
  );
  const routes = (namespaces.get(hostNamespace)?.routes ?? []).filter(
    ({ to, table, owned }) => table === 'main' && to !== 'default' && !owned && !engineSubnets.has(to),
  );
  for (const { subnet } of network.subnets) {
    const other = others.find(({ subnets }) => subnets.some((theirs) => overlaps(subnet, theirs.subnet)));
    if (other !== undefined) {
      const theirs = other.subnets.find((entry) => overlaps(subnet, entry.subnet))?.subnet ?? '';
      return `subnet ${subnet} overlaps ${theirs} of network ${other.name}`;
    }
    const route = routes.find(({ to, family }) => linkScope(to, family) && overlaps(subnet, to));
    if (route !== undefined)
      return `subnet ${subnet} overlaps the host's route to ${route.to}${devOf(route.dev)}`;
  }
  return undefined;
}

/** Every interface has IPv6's link-local and multicast routes; they are in nobody's way. */
function linkScope(to: string, family: 4 | 6): boolean {
  return family === 4 || !(overlaps(to, 'fe80::/10') || overlaps(to, 'ff00::/8'));
}

function devOf(dev: string | undefined): string {
  return dev === undefined ? '' : ` by ${dev}`;
}
