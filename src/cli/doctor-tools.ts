import { isNetwrightError } from '../errors.ts';
import { type Argv, findCommand, type Run } from '../host/command.ts';
import { findIptablesTools } from '../host/iptables-tools.ts';
import type { Backend } from '../model/ruleset.ts';
import type { Check } from './doctor-check.ts';

interface Tool {
  readonly name: string;
  readonly version: Argv;
  /** Does nothing, and fails where the kernel's part of it is missing. */
  readonly works?: Argv;
  readonly without: Check['state'];
  readonly cost: string;
  readonly debian: string;
}

const tools: readonly Tool[] = [
  {
    name: 'ip',
    version: ['ip', '-V'],
    without: 'missing',
    cost: 'routes, policy-routing rules and interfaces can be neither read nor changed',
    debian: 'iproute2',
  },
  {
    name: 'nsenter',
    version: ['nsenter', '--version'],
    without: 'missing',
    cost: 'no rules, routes and sysctls inside containers',
    debian: 'util-linux',
  },
  {
    name: 'ipset',
    version: ['ipset', '--version'],
    works: ['ipset', 'list', '-name'],
    without: 'warning',
    cost: 'every policy is a rule of its own: a connection costs more the more policies there are',
    debian: 'ipset',
  },
  {
    name: 'nft',
    version: ['nft', '--version'],
    without: 'warning',
    cost: 'a flush by another program is noticed at the next periodic look, not at once',
    debian: 'nftables',
  },
  {
    name: 'conntrack',
    version: ['conntrack', '--version'],
    without: 'warning',
    cost: 'a connection that was open when its policy was removed stays open until it ends; containers on demand are reached through netwright alone, and do not see the address of their clients',
    debian: 'conntrack',
  },
];

/** Which of the programs that netwright calls are here, in which version. */
export async function examineTools(
  run: Run,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<readonly Check[]> {
  const all = [...(await iptablesTools(run, env, signal)), ...tools];
  return await Promise.all(all.map((tool) => examineTool(tool, run, env, signal)));
}

/** One of the two is enough, if it is the engine's. */
async function iptablesTools(
  run: Run,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<readonly Tool[]> {
  const found = await findIptablesTools(run, env, signal);
  const [nft, legacy] = [found.program('save', 'nft', 4), found.program('save', 'legacy', 4)];
  const without = nft === undefined && legacy === undefined ? 'missing' : 'warning';
  const tool = (backend: Backend, program: string | undefined): Tool => ({
    name: `iptables ${backend}`,
    version: [program ?? `iptables-${backend}-save`, '--version'],
    without,
    cost: `no rules where the engine has its own in ${backend}`,
    debian: 'iptables',
  });
  return [tool('nft', nft), tool('legacy', legacy)];
}

async function examineTool(
  tool: Tool,
  run: Run,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<Check> {
  const { name, version, works, without, cost, debian } = tool;
  if ((await findCommand(version[0], env)) === undefined) {
    const hint = `install it; Debian's package is ${debian}`;
    return { area: 'tools', name, state: without, found: 'not installed', cost, hint };
  }
  try {
    const said = await run(version, { signal });
    if (works !== undefined) await run(works, { signal });
    return { area: 'tools', name, state: 'ok', found: versionIn(said) };
  } catch (error) {
    if (!isNetwrightError(error)) throw error;
    return { area: 'tools', name, state: without, found: error.message, cost };
  }
}

/** The first number with dots, or what iproute2 prints in its place. */
function versionIn(said: string): string {
  return /\d+(\.\d+)+/.exec(said)?.[0] ?? said.trim().split('\n')[0] ?? '';
}
