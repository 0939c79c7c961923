export interface Station {
  readonly mac: string;
  readonly ip: string;
  readonly ip6: string;
}

/** The network as its hostile member knows it, who knows everything. */
export interface Target {
  readonly self: Station;
  readonly member: Station;
  readonly gateway: Station;
  /** The host's bridge. */
  readonly bridge: { readonly device: string; readonly mac: string; readonly linkLocal: string };
}

export const internet = { ip: '203.0.113.9', ip6: 'fd99::9' } as const;
export const anywhere = { ip: '198.51.100.7', ip6: 'fd98::7' } as const;
export const metadata = '169.254.169.254';
/** SENTRY on its way out, where it publishes a port. */
export const uplink = { ip: '172.20.9.2', ip6: 'fd20:9::2', gateway: '172.20.9.1', published: 8080 } as const;
/** By interface: each of these addresses is the host's own. */
export const hostAddresses = { up0: '203.0.113.1', lo: '10.99.0.1', uplink: uplink.gateway } as const;
export const hostAddresses6 = { up0: 'fd99::1', lo: 'fd99:1::1' } as const;

/** The address that the interface with this hardware address gives itself. */
export function linkLocal(mac: string): string {
  const [first = '', ...rest] = mac.split(':');
  const bytes = [(Number.parseInt(first, 16) ^ 2).toString(16).padStart(2, '0'), ...rest];
  const [a, b, c, d, e, f] = bytes;
  return `fe80::${a}${b}:${c}ff:fe${d}:${e}${f}`;
}
