import { isNetwrightError } from '../errors.ts';
import type { HostFacts } from '../model/facts.ts';
import { hostNamespace } from '../model/namespace.ts';
import { findCommand, type Run } from './command.ts';
import type { Engine } from './engine.ts';
import { usesIpv6 } from './ipv6.ts';

/** The first Docker that drops in `raw` what comes to a container by another way than its own bridge. */
const dockerFiltersRawSince = 28;

/** The first Podman whose netavark writes nft of its own where nobody configures it otherwise (measured: 5.4; 4.3 does not). */
const podmanWritesNftSince = 5;

/** What the engine, the tools and the kernel of this host can do. */
export function factsOf(engine: Engine, tools: ToolFacts): HostFacts {
  return {
    engine: engine.kind,
    engineFiltersRaw: engine.kind === 'docker' && majorOf(engine.version) >= dockerFiltersRawSince,
    engineRules:
      engine.kind === 'podman' && majorOf(engine.version) >= podmanWritesNftSince ? 'nft' : 'iptables',
    ...tools,
  };
}

export type ToolFacts = Pick<HostFacts, 'sets' | 'setsRefused' | 'conntrack' | 'ipv6'>;

/** Finds out what does not depend on the engine, so that it can be asked at the same time. */
export async function findToolFacts(
  run: Run,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<ToolFacts> {
  const [sets, conntrack] = await Promise.all([findSets(run, env, signal), findCommand('conntrack', env)]);
  const ipv6 = usesIpv6({ id: hostNamespace, procNet: '/proc/net' });
  return { ...sets, conntrack: conntrack !== undefined, ipv6 };
}

/** That the tool is there is not enough: it speaks for the kernel's part of it, which may be missing. */
async function findSets(
  run: Run,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<Pick<HostFacts, 'sets' | 'setsRefused'>> {
  if ((await findCommand('ipset', env)) === undefined) return { sets: false };
  try {
    await run(['ipset', 'list', '-name'], { signal });
    return { sets: true };
  } catch (error) {
    if (!isNetwrightError(error)) throw error;
    return { sets: false, setsRefused: error.message };
  }
}

function majorOf(version: string): number {
  return Number.parseInt(version, 10);
}
