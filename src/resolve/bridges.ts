import { interfaceSysctl } from '../model/sysctl.ts';
import { host } from './place.ts';
import type { Resolving } from './resolved-policy.ts';

/**
 * Podman 4 lets a bridge take the MAC of whichever member's is the lowest (measured on 4.3; 5 gives it one of its own): when that
 * member leaves, the others go on sending to it for some seconds, and reach neither the host nor another network (H21). Told to, the
 * kernel tells them at once.
 */
export function announceBridges({ boundary, facts, into }: Resolving): void {
  if (facts.engine === 'docker' || facts.engineRules !== 'iptables') return;
  for (const { bridge, subnets, origin } of boundary.networks) {
    // Podman has no bridge while nobody is in the network.
    const own = { value: '1', origin, lacking: [] };
    into.sysctl(host, { key: interfaceSysctl(4, bridge, 'arp_notify'), ...own });
    if (facts.ipv6 && subnets.some(({ family }) => family === 6))
      into.sysctl(host, { key: interfaceSysctl(6, bridge, 'ndisc_notify'), ...own });
  }
}
