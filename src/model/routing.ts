import type { Family, Mark, Origin } from './config.ts';

/** Routes, rules and sysctls of one namespace: `host`, or a name that stands for containers. */
export interface RoutingEntry {
  readonly origin: Origin;
  readonly in: string;
  readonly routes: readonly RouteEntry[];
  readonly rules: readonly RuleEntry[];
  readonly sysctls: readonly SysctlEntry[];
}

/** One route; without `via`, `src` or a CIDR that says otherwise it is IPv4, as with `ip route`. */
export interface RouteEntry {
  readonly origin: Origin;
  readonly family: Family;
  /** `default` or a canonical CIDR (an address is /32 or /128). */
  readonly to: string;
  readonly via?: string;
  readonly dev?: string;
  /** The kernel's number of the table; main is 254. */
  readonly table: number;
  readonly metric?: number;
  readonly src?: string;
  readonly type: 'unicast' | 'blackhole' | 'unreachable' | 'prohibit';
}

/** One policy-routing rule; without `from` or `to` it is IPv4, as with `ip rule` (`from: ::/0` makes it IPv6). */
export interface RuleEntry {
  readonly origin: Origin;
  readonly family: Family;
  /** Canonical CIDR; a /0 is normalised away. */
  readonly from?: string;
  readonly to?: string;
  readonly fwmark?: Mark;
  readonly iif?: string;
  readonly oif?: string;
  /** The kernel's number of the table; main is 254. */
  readonly table: number;
  readonly priority?: number;
}

/** One sysctl under `net.`, its value in text as written to the kernel. */
export interface SysctlEntry {
  readonly origin: Origin;
  readonly key: string;
  readonly value: string;
}
