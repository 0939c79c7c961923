import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isNetwrightError } from '../errors.ts';
import type { Backend, Family } from '../model/ruleset.ts';
import type { Argv } from './command.ts';
import { type IptablesTools, saveCommand } from './iptables-tools.ts';
import type { Place } from './place.ts';

/** What iptables-save prints of one store and family in this namespace; nothing where there is no such store. */
export async function savedRules(
  host: { readonly iptables: IptablesTools },
  place: Place,
  backend: Backend,
  family: Family,
  signal: AbortSignal,
): Promise<string> {
  const argv = savingRules(host, place, backend, family);
  if (argv === undefined) return '';
  try {
    return await place.run(argv, { signal });
  } catch (error) {
    // A kernel without nf_tables holds no such rules; that the tool is there all the same is usual.
    if (backend === 'nft' && isNetwrightError(error, 'COMMAND_FAILED') && isWithoutNft(error)) return '';
    throw error;
  }
}

/** The command that prints them; undefined where there are none and it need not be asked. */
export function savingRules(
  { iptables }: { readonly iptables: IptablesTools },
  place: Pick<Place, 'procNet'>,
  backend: Backend,
  family: Family,
): Argv | undefined {
  const command = saveCommand(iptables, backend, family);
  if (command === undefined || (backend === 'legacy' && !hasLegacyTables(place, family))) return undefined;
  return [...command, '--counters'];
}

const isWithoutNft = (error: Error) => /Failed to initialize nft|Protocol not supported/.test(error.message);

/** The legacy tables that were ever used in this namespace; asking the tool instead would load modules and make tables. */
function hasLegacyTables(place: Pick<Place, 'procNet'>, family: Family): boolean {
  const file = join(place.procNet, family === 4 ? 'ip_tables_names' : 'ip6_tables_names');
  try {
    return readFileSync(file, 'latin1').trim() !== '';
  } catch {
    return false;
  }
}

/** The same for the same rules: without the comments, which hold the time, and the packets that chains and rules have counted. */
export function digestOfRules(saved: string): string {
  const rules = saved.replace(/^#.*$/gm, '').replace(/\[\d+:\d+\]/g, '');
  return createHash('md5').update(rules).digest('hex');
}
