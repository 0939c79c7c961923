import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isNetwrightError } from '../errors.ts';
import { type BackendFacts, chooseBackend } from '../host/backend.ts';
import type { Host } from '../host/host.ts';
import { saveCommand } from '../host/iptables-tools.ts';
import { usesIpv6 } from '../host/ipv6.ts';
import type { Place } from '../host/place.ts';
import { parseSave } from '../iptables/parse.ts';
import type { Backend, Family, ObservedTable } from '../model/ruleset.ts';

/** The host's tables of both families, and the store they are in: all four are read at once, since which one it is their content says. */
export async function observeHostTables(
  host: Host,
  place: Place,
  signal: AbortSignal,
): Promise<{ readonly facts: BackendFacts; readonly tables: readonly ObservedTable[] }> {
  const families: readonly Family[] = (await usesIpv6(place)) ? [4, 6] : [4];
  const read = async (backend: Backend): Promise<readonly [four: string, six: string]> => {
    const [four = '', six = ''] = await Promise.all(
      families.map((family) => save(host, place, backend, family, signal)),
    );
    return [four, six];
  };
  const [nft, legacy] = await Promise.all([read('nft'), read('legacy')]);
  const facts = chooseBackend({ nft: nft[0], legacy: legacy[0] }, host.iptables.defaultBackend);
  const [four, six] = { nft, legacy }[facts.backend];
  return { facts, tables: [...parseSave(four, 4, host.ownership), ...parseSave(six, 6, host.ownership)] };
}

/** A container's tables of these families. */
export async function observeTables(
  host: Host,
  place: Place,
  backend: Backend,
  families: readonly Family[],
  signal: AbortSignal,
): Promise<readonly ObservedTable[]> {
  const tables = families.map(async (family) =>
    parseSave(await save(host, place, backend, family, signal), family, host.ownership),
  );
  return (await Promise.all(tables)).flat();
}

async function save(
  host: Host,
  place: Place,
  backend: Backend,
  family: Family,
  signal: AbortSignal,
): Promise<string> {
  const command = saveCommand(host.iptables, backend, family);
  if (command === undefined) return '';
  if (backend === 'legacy' && !(await hasLegacyTables(place, family))) return '';
  try {
    return await place.run([...command, '--counters'], { signal });
  } catch (error) {
    // A kernel without nf_tables holds no such rules; that the tool is there all the same is usual.
    if (backend === 'nft' && isNetwrightError(error, 'COMMAND_FAILED') && isWithoutNft(error)) return '';
    throw error;
  }
}

const isWithoutNft = (error: Error) => /Failed to initialize nft|Protocol not supported/.test(error.message);

/** The legacy tables that were ever used in this namespace; asking the tool instead would load modules and make tables. */
async function hasLegacyTables(place: Place, family: Family): Promise<boolean> {
  const file = join(place.procNet, family === 4 ? 'ip_tables_names' : 'ip6_tables_names');
  return readFile(file, 'latin1').then(
    (names) => names.trim() !== '',
    () => false,
  );
}
