import { isNetwrightError } from '../errors.ts';
import type { Host } from '../host/host.ts';
import { enter } from '../host/place.ts';
import { hostNamespace, type NamespaceId, type NamespaceState } from '../model/namespace.ts';
import type { Observed } from '../model/observed.ts';
import { familiesOf } from './families.ts';
import { observeFramesAgain } from './frames.ts';
import { observeHostTables, observeTables } from './rulesets.ts';

/** What a look once saw, with the rules of these namespaces read again; undefined where that fails, as a whole look is to find why. */
export async function withRulesAgain(
  host: Host,
  seen: Observed,
  namespaces: Iterable<NamespaceId>,
  signal: AbortSignal,
): Promise<Observed | undefined> {
  try {
    const read = [...namespaces].map((id) => readAgain(host, seen, id, signal));
    const states = (await Promise.all(read)).flatMap((state) => state ?? []);
    if (states.length < read.length) return undefined;
    return {
      ...seen,
      namespaces: new Map([...seen.namespaces, ...states.map((state) => [state.id, state] as const)]),
    };
  } catch (error) {
    if (!isNetwrightError(error)) throw error;
    signal.throwIfAborted();
    return undefined;
  }
}

/** Undefined where the namespace was not seen before, or the engine's rules are in another store by now. */
async function readAgain(
  host: Host,
  { namespaces, backend }: Observed,
  id: NamespaceId,
  signal: AbortSignal,
): Promise<NamespaceState | undefined> {
  const before = namespaces.get(id);
  if (before === undefined) return undefined;
  return await enter(host, id, async (place) => {
    if (id === hostNamespace) {
      const [{ facts, rules }, again] = await Promise.all([
        observeHostTables(host, place, signal),
        observeFramesAgain(host, place, before, signal),
      ]);
      return facts.backend === backend ? { ...before, ...rules, ...again } : undefined;
    }
    const had6 = before.tables.some(({ family }) => family === 6);
    const families = had6 ? ([4, 6] as const) : familiesOf(place, undefined);
    const rules = await observeTables(host, place, backend, families, signal);
    place.confirm();
    return { ...before, ...rules };
  });
}
