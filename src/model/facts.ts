/** What this host's engine, kernel and tools can do; decides how the same meaning is written. */
export interface HostFacts {
  readonly engine: 'docker' | 'podman';
  /** The engine drops in `raw` what comes to its containers by another way than their own bridge (Docker 28, moby PR 48724). */
  readonly engineFiltersRaw: boolean;
  /** Where the engine writes its own rules: what it drops in nft alone, no accept of ours in iptables lets pass. */
  readonly engineRules: 'iptables' | 'nft';
  /** The kernel has IPv6. */
  readonly ipv6: boolean;
  /** The `ipset` tool is there and the kernel has sets. */
  readonly sets: boolean;
  /** What the kernel said when it did not take a set, or a rule that looks into one; it is not asked again. */
  readonly setsRefused?: string;
  /** What was said when a table of frames was not taken; it is not asked for again. */
  readonly framesRefused?: string;
  /** The `conntrack` tool is there: an open connection can be cut. */
  readonly conntrack: boolean;
}
