import type { Host } from '../host/host.ts';
import { enter } from '../host/place.ts';
import { hostNamespace } from '../model/state.ts';
import { familiesOf } from './families.ts';
import { observeRouting, type Routing } from './routing.ts';
import { observeHostTables } from './rulesets.ts';
import { observeSets } from './sets.ts';

/** What of the host's namespace is read whatever the file says. */
export interface HostReading {
  readonly tables: ReturnType<typeof observeHostTables>;
  readonly routing: Promise<Routing>;
  readonly sets: ReturnType<typeof observeSets>;
}

/** Begins to read the host's rules, sets and routes; while the engine answers, that costs no time of its own. */
export function beginHostReading(host: Host, signal: AbortSignal): HostReading {
  const tables = enter(host, hostNamespace, (place) => observeHostTables(host, place, signal));
  const routing = enter(host, hostNamespace, (place) =>
    observeRouting(host, place, familiesOf(place, undefined), signal),
  );
  const sets = enter(host, hostNamespace, (place) => observeSets(host, place, signal));
  // Whoever waits for them is told; when the engine fails first, nobody does.
  for (const reading of [tables, routing, sets]) reading.catch(() => undefined);
  return { tables, routing, sets };
}
