import { access } from 'node:fs/promises';
import type { Run } from '../host/command.ts';
import type { Engine } from '../host/engine.ts';
import { factsOf, findToolFacts } from '../host/facts.ts';
import type { HostFacts } from '../model/facts.ts';
import type { Check } from './doctor-check.ts';

const area = 'enforcement';

/** The first Docker that writes ip6tables rules unless told not to (moby PR 47747). */
const dockerFiltersIpv6Since = 27;

interface Enforcing {
  readonly facts: HostFacts;
  /** The engine's version. */
  readonly version: string;
  /** Whether bridged packets can be shown to iptables at all. */
  readonly seesBridged: boolean;
}

/** What is enforced, by whom and where, with this engine on this kernel. */
export async function examineEnforcement(
  engine: Engine,
  run: Run,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<readonly Check[]> {
  const [tools, seesBridged] = await Promise.all([
    findToolFacts(run, env, signal),
    access('/proc/sys/net/bridge/bridge-nf-call-iptables').then(
      () => true,
      () => false,
    ),
  ]);
  return describeEnforcement({ facts: factsOf(engine, tools), version: engine.version, seesBridged });
}

/** The same in words. */
export function describeEnforcement({ facts, version, seesBridged }: Enforcing): readonly Check[] {
  const { engine, engineFiltersRaw, engineRules, sets, conntrack, ipv6 } = facts;
  const byDocker = engine === 'docker';
  const check = (name: string, found: string, cost?: string, hint?: string): Check => ({
    area,
    name,
    state: cost === undefined ? 'ok' : 'warning',
    found,
    ...(cost !== undefined && { cost }),
    ...(hint !== undefined && { hint }),
  });
  return [
    check(
      'policies',
      [
        byDocker
          ? "in DOCKER-USER, before Docker's own rules"
          : engineRules === 'nft'
            ? "in FORWARD, apart from Podman's own rules, which are in nft alone (table inet netavark)"
            : "in FORWARD, before Podman's own rules",
        ...(engineFiltersRaw
          ? ["and in raw, where this Docker drops what does not come by the container's own bridge"]
          : []),
        sets ? 'as elements of sets' : 'as rules, one after the other',
      ].join(', '),
    ),
    check(
      'between networks',
      byDocker
        ? "refused by netwright, and again by Docker's own isolation"
        : "refused by netwright alone: Podman's own isolation, which no policy could open, is left out of the networks it makes",
    ),
    ipv6
      ? check(
          'IPv6',
          byDocker && Number.parseInt(version, 10) < dockerFiltersIpv6Since
            ? 'refused by netwright alone: this Docker writes no rules for it'
            : 'as IPv4',
        )
      : check('IPv6', 'not in this kernel'),
    check(
      'ingress: deny',
      byDocker
        ? 'published ports in FORWARD; the host itself and the userland proxy in OUTPUT and INPUT'
        : 'published ports in FORWARD; the host itself in OUTPUT',
    ),
    check(
      'host_access: deny',
      byDocker ? 'in INPUT' : "in INPUT, but for Podman's name server at the gateway",
    ),
    seesBridged
      ? check('isolated: true', 'in FORWARD, by br_netfilter')
      : check(
          'isolated: true',
          'not enforced: there is no br_netfilter in the kernel',
          'members of one network reach each other whatever the file says, and the plan says so',
          'load it: modprobe br_netfilter',
        ),
    check(
      'as_gateway',
      byDocker
        ? "from a member's first instruction; with dns: true names by the gateway once a member is seen to run, at once where it has the gateway's address for --dns"
        : engineRules === 'nft'
          ? "from a member's first instruction"
          : 'once a member is seen to run; until then nothing of it leaves its network',
    ),
    conntrack
      ? check('open connections', 'cut with the policy that allowed them')
      : check(
          'open connections',
          'not cut',
          'one whose policy was removed stands still, or goes on where the engine itself lets it, until it ends',
          "install conntrack; Debian's package has that name",
        ),
  ];
}
