import { overlaps } from '../model/address.ts';
import { indexByCidr } from '../model/cidr-index.ts';
import type { Config, Family, NetworkEntry } from '../model/config.ts';
import type { DesiredNetwork } from '../model/desired.ts';
import type { HostFacts } from '../model/facts.ts';
import { memoised } from './memoised.ts';

/** A network of the file whose packets the host passes on: one with a bridge. */
export interface ManagedNetwork extends NetworkEntry {
  readonly bridge: string;
  /**
   * An internal network, closed by rules of ours as well: Podman has none for it, and forwards nothing of it until a policy wants
   * that; Docker before 27 has none for IPv6 (measured on 20.10).
   */
  readonly shut: boolean;
}

/** Where the file's networks end, and what is refused there. */
export interface Boundary {
  readonly networks: readonly ManagedNetwork[];
  /** The families in which it is drawn; none where there is nothing to keep apart. */
  readonly families: readonly Family[];
  /** Whether the block is of one of these networks. */
  holds(cidr: string | undefined): boolean;
  /** Whether the block, or everything when there is none, reaches into a network with `ingress: deny`. */
  guardsIngress(cidr: string | undefined): boolean;
  /** Whether the block, or everything when there is none, reaches into a network with `host_access: deny`. */
  guardsHost(cidr: string | undefined): boolean;
}

/**
 * The boundary of the file's networks. In IPv6 it is drawn where a network has an IPv6 subnet, and wherever anything is refused by
 * name: every bridge has a link-local address, and a container may give itself any (H20).
 */
export function boundaryOf(
  config: Config,
  networks: readonly DesiredNetwork[],
  facts: Pick<HostFacts, 'ipv6'>,
): Boundary {
  const bridges = new Map(networks.map(({ name, bridge }) => [name, bridge]));
  const managed = config.networks.flatMap((network): readonly ManagedNetwork[] => {
    const bridge = bridges.get(network.name);
    return bridge === undefined ? [] : [{ ...network, bridge, shut: network.internal === true }];
  });
  const refusing = managed.some(
    ({ isolated, shut, gatewayContainer, ingress, egress, hostAccess }) =>
      isolated || shut || gatewayContainer !== undefined || [ingress, egress, hostAccess].includes('deny'),
  );
  const speaksIpv6 = managed.some(({ subnets }) => subnets.some(({ family }) => family === 6));
  const holding = indexByCidr(
    managed.flatMap(({ subnets }) => subnets.map(({ subnet }) => [subnet, true] as const)),
  );
  const isHeld = memoised((cidr) => holding(cidr.split('/', 1)[0] ?? cidr) === true);
  const drawn = managed.length > 1 || refusing;
  const families: readonly Family[] = facts.ipv6 && (speaksIpv6 || refusing) ? [4, 6] : [4];
  return {
    networks: managed,
    families: drawn ? families : [],
    holds: (cidr) => cidr !== undefined && isHeld(cidr),
    guardsIngress: reaches(managed.filter(({ ingress }) => ingress === 'deny')),
    guardsHost: reaches(managed.filter(({ hostAccess }) => hostAccess === 'deny')),
  };
}

function reaches(networks: readonly ManagedNetwork[]): (cidr: string | undefined) => boolean {
  const subnets = networks.flatMap((network) => network.subnets.map(({ subnet }) => subnet));
  if (subnets.length === 0) return () => false;
  return (cidr) => cidr === undefined || subnets.some((subnet) => overlaps(subnet, cidr));
}
