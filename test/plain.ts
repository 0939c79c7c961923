import type { NetworkEntry } from '../src/model/config.ts';
import type { HostFacts } from '../src/model/facts.ts';

/** A network that refuses nothing but what every managed one refuses. */
export const open = {
  isolated: false,
  ingress: 'allow',
  egress: 'allow',
  hostAccess: 'allow',
} as const satisfies Partial<NetworkEntry>;

/** A Docker before 28 on a machine that has all the tools. */
export const docker: HostFacts = {
  engine: 'docker',
  engineFiltersRaw: false,
  engineRules: 'iptables',
  ipv6: true,
  sets: true,
  conntrack: true,
};
