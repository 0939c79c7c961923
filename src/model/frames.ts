import type { Origin } from './config.ts';
import type { NamespaceId } from './namespace.ts';

/** A container's place at a bridge of the host, as frames that it sends are to tell. */
export interface FramePlace {
  readonly container: string;
  /** Where its end of the link is; undefined where that cannot be seen. */
  readonly namespace?: NamespaceId;
  readonly bridge: string;
  /** Lower case. */
  readonly macAddress?: string;
  /** Those that only it may use. */
  readonly addresses: readonly string[];
  /** `beyond`: where a gateway container sends members' packets on as they are, in another network. */
  readonly role: 'member' | 'gateway' | 'beyond';
}

/** Who is to be behind which port, in networks whose gateway is a container. */
export interface DesiredFrames {
  readonly origin: Origin;
  /** The networks' names. */
  readonly networks: readonly string[];
  readonly places: readonly FramePlace[];
  /** The gateways: nobody else's while the container that holds them is away, either. */
  readonly gateways: readonly string[];
}

/** The host's interface at which a container is plugged into a bridge, by `portKey`. */
export type Ports = ReadonlyMap<string, string>;

export function portKey({ namespace, bridge }: Pick<FramePlace, 'namespace' | 'bridge'>): string {
  return `${namespace ?? ''} ${bridge}`;
}

/** What of a frame is looked at, in nft's words. */
export type FrameField =
  | 'iifname'
  | 'oifname'
  | 'ether saddr'
  | 'ether daddr & ff:ff:ff:ff:ff:f0'
  | 'ether type'
  | 'arp saddr ether'
  | 'arp saddr ip'
  | 'ip saddr'
  | 'ip6 saddr'
  | 'icmpv6 type'
  /** The address that a neighbour's solicitation or advertisement is about. */
  | '@th,64,128'
  | 'udp sport'
  | 'udp dport';

export interface FrameTest {
  /** Several are looked up together. */
  readonly of: readonly FrameField[];
  readonly not?: true;
  /** A value, one of several, or `@` and the name of a set. */
  readonly is: string | readonly string[];
}

export interface FrameRule {
  readonly tests: readonly FrameTest[];
  readonly verdict: 'accept' | 'drop' | { readonly jump: string };
}

type FrameHook = 'prerouting' | 'forward' | 'input';
type FrameSetPart = 'ifname' | 'ether_addr' | 'ipv4_addr' | 'ipv6_addr';

/** A table of nft's `bridge` family. */
export interface FrameTable {
  readonly sets: readonly {
    readonly name: string;
    readonly of: readonly FrameSetPart[];
    /** No two alike. */
    readonly elements: readonly (readonly string[])[];
  }[];
  readonly chains: readonly {
    readonly name: string;
    /** Without one, jumped to. */
    readonly hook?: FrameHook;
    readonly rules: readonly FrameRule[];
  }[];
}

/** Such a table in texts that are alike where it is: of each set and chain what it is, and of each its contents. */
export interface ObservedFrames {
  readonly sets: ReadonlyMap<string, readonly string[]>;
  readonly chains: ReadonlyMap<string, readonly string[]>;
}

/** Before br_netfilter shows frames to iptables, at 0, and translates them. */
export const framePriority = -310;

export function frameRuleText({ tests, verdict }: FrameRule): string {
  const said = tests.map(({ of, not, is }) => {
    const value = typeof is === 'string' ? is : `{ ${is.toSorted().join(', ')} }`;
    return `${of.join(' . ')} ${not === true ? '!= ' : ''}${value}`;
  });
  return [...said, typeof verdict === 'string' ? verdict : `jump ${verdict.jump}`].join(' ');
}

/** What the kernel would be seen to hold of it. */
export function frameTexts({ sets, chains }: FrameTable): ObservedFrames {
  return {
    sets: new Map(
      sets.map(({ name, of, elements }) => [
        name,
        [of.join(' . '), ...elements.map((parts) => parts.join(' . ')).toSorted()],
      ]),
    ),
    chains: new Map(
      chains.map(({ name, hook, rules }) => [name, [hookText(hook), ...rules.map(frameRuleText)]]),
    ),
  };
}

export function hookText(hook: string | undefined, priority = framePriority, policy = 'accept'): string {
  return hook === undefined ? 'no hook' : `hook ${hook} ${priority} ${policy}`;
}
