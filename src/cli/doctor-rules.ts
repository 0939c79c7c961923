import { isNetwrightError } from '../errors.ts';
import { type BackendFacts, chooseBackend } from '../host/backend.ts';
import type { Run } from '../host/command.ts';
import type { Engine } from '../host/engine.ts';
import { findIptablesTools, saveCommand } from '../host/iptables-tools.ts';
import type { Backend } from '../model/ruleset.ts';
import type { Check } from './doctor-check.ts';

const area = 'rules';

/** Where the kernel's rules are, and whether ours are reached there. */
export async function examineRules(
  run: Run,
  env: NodeJS.ProcessEnv,
  kind: Engine['kind'] | undefined,
  signal: AbortSignal,
): Promise<readonly Check[]> {
  try {
    const tools = await findIptablesTools(run, env, signal);
    const save = async (backend: Backend): Promise<string> => {
      const command = saveCommand(tools, backend, 4);
      return command === undefined ? '' : await run(command, { signal });
    };
    const [nft, legacy] = await Promise.all([save('nft'), save('legacy')]);
    const saved = { nft, legacy };
    const facts = chooseBackend(saved, tools.defaultBackend);
    return [
      describeBackend(facts),
      ...splitCheck(facts),
      ...(kind === 'docker' ? [hookCheck(saved[facts.backend])] : []),
      instancesWithRules(saved),
    ];
  } catch (error) {
    if (!isNetwrightError(error)) throw error;
    const cost = 'the rules that are there cannot be read, and so none can be changed';
    return [{ area, name: 'backend', state: 'missing', found: error.message, cost }];
  }
}

function describeBackend({ backend, why }: BackendFacts): Check {
  const found =
    why === 'engine'
      ? `${backend}: the engine's own chains are there`
      : `${backend}: what iptables uses here`;
  return { area, name: 'backend', state: 'ok', found };
}

function splitCheck({ filled, engineIn, backend }: BackendFacts): readonly Check[] {
  if (filled.length < 2) return [];
  const found =
    engineIn.length > 1 ? "nft and legacy both hold the engine's chains" : 'nft and legacy both hold rules';
  const cost = `packets pass both, netwright writes ${backend} alone: what the other drops stays dropped`;
  const hint = 'look with iptables-nft-save and iptables-legacy-save, and empty the one that nobody uses';
  return [{ area, name: 'split', state: 'warning', found, cost, hint }];
}

/** DOCKER-USER counts only where packets reach it first (H2). */
function hookCheck(saved: string): Check {
  const name = 'DOCKER-USER';
  const filter = /^\*filter$([\s\S]*?)^COMMIT$/m.exec(saved)?.[1] ?? '';
  const cost = 'netwright hooks FORWARD instead, and the engine may put rules before it until the next pass';
  if (!/^:DOCKER-USER /m.test(filter)) return { area, name, state: 'warning', found: 'no such chain', cost };
  const forward = [...filter.matchAll(/^-A FORWARD (.*)$/gm)].map(([, rule = '']) => rule);
  const at = forward.filter((rule) => !/-j NETWRIGHT/.test(rule)).indexOf('-j DOCKER-USER');
  if (at === 0) return { area, name, state: 'ok', found: 'there, and first in FORWARD' };
  const found =
    at === -1 ? 'there, but nothing jumps to it' : `there, but after ${at} other rules of FORWARD`;
  return { area, name, state: 'warning', found, cost };
}

function instancesWithRules(saved: Readonly<Record<Backend, string>>): Check {
  const chains = `${saved.nft}\n${saved.legacy}`.matchAll(
    /^:NETWRIGHT-(?:([A-Z0-9]{1,8})-)?(?:FORWARD|PREROUTING|POSTROUTING|CREATED) /gm,
  );
  const names = [...new Set([...chains].map(([, name = 'default']) => name.toLowerCase()))].sort();
  const found = names.length === 0 ? 'none' : names.join(', ');
  return { area: 'instances', name: 'with rules on this host', state: 'ok', found };
}
