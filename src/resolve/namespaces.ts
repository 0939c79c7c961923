import type { Origin } from '../model/config.ts';
import type {
  DesiredAddress,
  DesiredNamespace,
  DesiredRoute,
  DesiredRoutingRule,
  DesiredSysctl,
  UnwantedRoute,
} from '../model/desired.ts';
import type { NamespaceId } from '../model/namespace.ts';
import type { ChainRole, Ownership, SetRole } from '../model/ownership.ts';
import { ruleKey } from '../model/rule-key.ts';
import type { Family, Rule, SetMatch } from '../model/ruleset.ts';
import type { SetElement } from '../model/sets.ts';
import { type ChainPart, inFileOrder } from './chains.ts';
import { host, nowhere, type Place } from './place.ts';
import { inSet, type SetParts, setsOf } from './sets.ts';
import { type TableParts, tablesOf } from './tables.ts';
import { fitsKernel, withoutFutileRules, withoutSets } from './without-sets.ts';

export interface NamespaceCollector {
  /** Policies keep their order and number; any other rule asked for twice is wanted once. */
  rule(place: Place, family: Family, part: ChainPart, rule: Rule): void;
  /** A rule that thousands of policies ask for, known by a key of its part and made only the first time. */
  ruleOnce(place: Place, family: Family, part: ChainPart, key: string, make: () => Rule): void;
  /** An element of one of the host's sets; of two with the same entry the first is wanted. */
  element(family: Family, role: SetRole, element: SetElement): void;
  /** The look-up of a packet's source or target in one of those sets. */
  lookUp(family: Family, role: SetRole, side: 'source' | 'target'): SetMatch;
  /** The name of a chain of ours. */
  chain(role: ChainRole): string;
  /** True the first time it is asked of this. */
  first(what: string): boolean;
  /** The same route, rule or sysctl asked for twice is wanted once; the first to ask is named as its origin. */
  route(place: Place, route: DesiredRoute): void;
  routingRule(place: Place, rule: DesiredRoutingRule): void;
  address(place: Place, address: DesiredAddress): void;
  unwantedRoute(place: Place, route: UnwantedRoute): void;
  sysctl(place: Place, sysctl: DesiredSysctl): void;
  /** What makes the kernel pass on packets of this family; an explicit `routing` entry for the same key wins. */
  forwarding(place: Place, family: Family, origin: Origin): void;
  /** Whole tables and sets; where there can be no sets, rules of the same meaning. */
  finish(withSets: boolean): ReadonlyMap<NamespaceId, DesiredNamespace>;
}

interface Collected {
  readonly place: Place;
  readonly rules: Map<Family, TableParts>;
  readonly sets: Map<Family, SetParts>;
  readonly routes: Map<string, DesiredRoute>;
  readonly routingRules: Map<string, DesiredRoutingRule>;
  readonly sysctls: Map<string, DesiredSysctl>;
  readonly forwarding: Map<string, DesiredSysctl>;
  readonly addresses: Map<string, DesiredAddress>;
  readonly unwantedRoutes: Map<string, UnwantedRoute>;
}

function nothingAt(place: Place): Collected {
  return {
    place,
    rules: new Map(),
    sets: new Map(),
    routes: new Map(),
    routingRules: new Map(),
    sysctls: new Map(),
    forwarding: new Map(),
    addresses: new Map(),
    unwantedRoutes: new Map(),
  };
}

/** Gathers what policies and routing ask of each namespace and makes whole tables of it. */
export function namespaceCollector(ownership: Ownership): NamespaceCollector {
  const namespaces = new Map<NamespaceId, Collected>();
  const asked = new Set<string>();
  const at = (place: Place): Collected => getOrMake(namespaces, place.id, () => nothingAt(place));
  const rulesOf = (place: Place, family: Family, part: ChainPart): Map<string, Rule> => {
    const parts = getOrMake(at(place).rules, family, (): TableParts => new Map());
    return getOrMake(parts, part, () => new Map<string, Rule>());
  };
  return {
    rule: (place, family, part, rule) => {
      const rules = rulesOf(place, family, part);
      rules.set(inFileOrder.has(part) ? `${rules.size}` : ruleKey(rule), rule);
    },
    ruleOnce: (place, family, part, key, make) => {
      const rules = rulesOf(place, family, part);
      if (!rules.has(key)) rules.set(key, make());
    },
    element: (family, role, element) => {
      const { sets } = at(host);
      const elements = sets.get(family)?.get(role) ?? begin(sets, family, role);
      if (!elements.has(element.entry)) elements.set(element.entry, element);
    },
    lookUp: (family, role, side) => inSet(role, side, family, ownership),
    chain: (role) => ownership.chain(role),
    first: (what) => {
      const isFirst = !asked.has(what);
      asked.add(what);
      return isFirst;
    },
    route: (place, route) => keepFirst(at(place).routes, route),
    routingRule: (place, rule) => keepFirst(at(place).routingRules, rule),
    address: (place, address) => keepFirst(at(place).addresses, address),
    unwantedRoute: (place, route) => keepFirst(at(place).unwantedRoutes, route),
    sysctl: (place, sysctl) => {
      const { sysctls } = at(place);
      if (!sysctls.has(sysctl.key)) sysctls.set(sysctl.key, sysctl);
    },
    forwarding: (place, family, origin) => {
      const key = family === 4 ? 'net.ipv4.ip_forward' : 'net.ipv6.conf.all.forwarding';
      const { forwarding } = at(place);
      if (!forwarding.has(key)) forwarding.set(key, { key, value: '1', origin });
    },
    finish: (withSets) =>
      new Map(
        [...namespaces]
          .filter(([id]) => id !== nowhere)
          .map(([id, collected]) => {
            const tables = tablesOf(collected.rules, ownership);
            const all = setsOf(collected.sets, ownership);
            const sets = withSets ? all.filter(fitsKernel) : [];
            const others = all.filter((set) => !sets.includes(set));
            return [
              id,
              {
                id,
                name: collected.place.name,
                tables: withoutFutileRules(withoutSets(tables, others), sets),
                sets,
                routes: [...collected.routes.values()],
                rules: [...collected.routingRules.values()],
                sysctls: [...new Map([...collected.forwarding, ...collected.sysctls]).values()],
                ...(collected.addresses.size > 0 && { addresses: [...collected.addresses.values()] }),
                ...(collected.unwantedRoutes.size > 0 && {
                  unwantedRoutes: [...collected.unwantedRoutes.values()],
                }),
              },
            ];
          }),
      ),
  };
}

function keepFirst<T extends { readonly origin: Origin }>(known: Map<string, T>, item: T): void {
  const key = JSON.stringify({ ...item, origin: null }, Object.keys(item).sort());
  if (!known.has(key)) known.set(key, item);
}

function begin(sets: Collected['sets'], family: Family, role: SetRole): Map<string, SetElement> {
  const roles = getOrMake(sets, family, (): SetParts => new Map());
  return getOrMake(roles, role, () => new Map<string, SetElement>());
}

function getOrMake<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const fresh = make();
  map.set(key, fresh);
  return fresh;
}
