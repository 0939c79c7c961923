import type { HostFacts } from '../model/facts.ts';
import { hostNamespace } from '../model/state.ts';
import { findCommand } from './command.ts';
import type { Engine } from './engine.ts';
import { usesIpv6 } from './ipv6.ts';

/** The first Docker that drops in `raw` what comes to a container by another way than its own bridge. */
const dockerFiltersRawSince = 28;

/** Finds out what the engine, the tools and the kernel of this host can do. */
export async function findFacts(engine: Engine, env: NodeJS.ProcessEnv): Promise<HostFacts> {
  const [ipset, conntrack, ipv6] = await Promise.all([
    findCommand('ipset', env),
    findCommand('conntrack', env),
    usesIpv6({ id: hostNamespace, procNet: '/proc/net' }),
  ]);
  return {
    engine: engine.kind,
    engineFiltersRaw: engine.kind === 'docker' && majorOf(engine.version) >= dockerFiltersRawSince,
    ipv6,
    // The other stages do not know sets yet.
    sets: ipset === '',
    conntrack: conntrack !== undefined,
  };
}

function majorOf(version: string): number {
  return Number.parseInt(version, 10);
}
