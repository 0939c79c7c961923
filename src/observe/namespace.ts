import { isNetwrightError } from '../errors.ts';
import type { Host } from '../host/host.ts';
import { enter, type Place } from '../host/place.ts';
import { type Answers, withAnswers } from '../host/questions.ts';
import type { Desired } from '../model/desired.ts';
import type { NamespaceId, NamespaceState } from '../model/namespace.ts';
import type { Unreadable } from '../model/observed.ts';
import type { Backend } from '../model/ruleset.ts';
import { familiesOf } from './families.ts';
import { observeRouting, type Routing } from './routing.ts';
import { observeTables, type Rules } from './rulesets.ts';
import { formerValues, observeSysctls } from './sysctls.ts';

const none: ReadonlyMap<string, never> = new Map<string, never>();

/** What a look at any namespace is for, and where it tells of those that it cannot read. */
export interface LookContext {
  readonly host: Host;
  readonly desired: Desired;
  readonly former: Awaited<ReturnType<Host['formerSysctls']['read']>>;
  /** Of these nothing but the rules is read: all else is left empty. */
  readonly rulesOnly?: ReadonlySet<NamespaceId>;
  readonly unreadable: Map<NamespaceId, Unreadable>;
  readonly signal: AbortSignal;
}

/** A container's namespace; undefined where nothing is desired and nothing of ours is, where it is gone, and where it cannot be read. */
export async function observeContainer(
  look: LookContext,
  named: Pick<NamespaceState, 'id' | 'name'>,
  backend: Promise<Backend>,
  answers: Answers = new Map(),
): Promise<NamespaceState | undefined> {
  const { host, desired, rulesOnly, unreadable, signal } = look;
  const desiredHere = desired.namespaces.get(named.id);
  try {
    const here = { ...named, name: desiredHere?.name ?? named.name };
    const tablesOf = async (place: Place): Promise<Rules> =>
      await observeTables(host, place, await backend, familiesOf(place, desiredHere), signal);
    const isRulesOnly = rulesOnly?.has(named.id) === true;
    const state = isRulesOnly
      ? await observeRulesOnly(look, here, tablesOf, answers)
      : await observeNamespace(
          look,
          here,
          async (place) => {
            const [rules, routing] = await Promise.all([
              tablesOf(place),
              observeRouting(host, place, familiesOf(place, desiredHere), signal),
            ]);
            return { ...rules, sets: [], ...routing };
          },
          answers,
        );
    if (desiredHere !== undefined || hasOurs(state)) return state;
    if (!isRulesOnly) host.knownClean.add(named.id);
    return undefined;
  } catch (error) {
    if (!isNetwrightError(error)) throw error;
    signal.throwIfAborted();
    // Whoever may change its own rules can make them unreadable, in size or in kind: that is its own affair and nobody else's.
    if (error.code !== 'NAMESPACE_GONE') unreadable.set(named.id, { name: named.name, why: error.message });
    return undefined;
  }
}

/** A namespace with what is read there besides sysctls. */
export function observeNamespace(
  { host, desired, former, signal }: LookContext,
  named: Pick<NamespaceState, 'id' | 'name'>,
  observeRules: (
    place: Place,
  ) => Promise<Routing & Rules & Pick<NamespaceState, 'sets' | 'frames' | 'ports'>>,
  answers: Answers = new Map(),
): Promise<NamespaceState> {
  const kept = former.get(named.id) ?? none;
  return enter(host, named.id, async (entered) => {
    const place = withAnswers(entered, answers);
    const [rules, sysctls] = await Promise.all([
      observeRules(place),
      observeSysctls(place, desired.namespaces.get(named.id), kept, signal),
    ]);
    place.confirm();
    return { ...named, ...rules, sysctls, formerSysctls: formerValues(kept, rules.interfaces) };
  });
}

function observeRulesOnly(
  { host }: LookContext,
  named: Pick<NamespaceState, 'id' | 'name'>,
  tablesOf: (place: Place) => Promise<Rules>,
  answers: Answers,
): Promise<NamespaceState> {
  return enter(host, named.id, async (entered) => {
    const rules = await tablesOf(withAnswers(entered, answers));
    entered.confirm();
    const unread = { sets: [], interfaces: [], routes: [], rules: [], sysctls: none, formerSysctls: none };
    return { ...named, ...rules, ...unread };
  });
}

function hasOurs(state: NamespaceState): boolean {
  return (
    state.tables.some(({ chains }) => chains.size > 0) ||
    state.routes.some(({ owned }) => owned) ||
    state.rules.some(({ owned }) => owned) ||
    state.interfaces.some(({ addresses = [] }) => addresses.some(({ owned }) => owned)) ||
    state.formerSysctls.size > 0
  );
}
