import type { Host } from '../host/host.ts';
import { enter } from '../host/place.ts';
import { hostNamespace, type NamespaceState } from '../model/namespace.ts';
import { observeHostTables } from './rulesets.ts';
import { observeSets } from './sets.ts';

/** The host's rules and sets as they are now, with what they have counted. */
export async function observeCounters(
  host: Host,
  signal: AbortSignal,
): Promise<Pick<NamespaceState, 'tables' | 'sets'>> {
  return await enter(host, hostNamespace, async (place) => {
    const [{ rules }, sets] = await Promise.all([
      observeHostTables(host, place, signal),
      observeSets(host, place, signal),
    ]);
    return { tables: rules.tables, sets };
  });
}
