import { isDeepStrictEqual } from 'node:util';
import type { Config, PolicyEntry } from '../model/config.ts';
import type { SetRole } from '../model/ownership.ts';
import type { Family } from '../model/ruleset.ts';
import type { SetElement } from '../model/sets.ts';
import { awaitsStart } from './awaited-starts.ts';
import type { NamespaceCollector } from './namespaces.ts';

/** What a policy came to that asked for elements of sets, and for nothing besides that no policy before it had asked for. */
interface Known {
  readonly policy: PolicyEntry;
  readonly elements: readonly Asked[];
  /** What it has in common with policies before it; the same list for all that have the same. */
  readonly common: readonly string[];
}

interface Asked {
  readonly family: Family;
  readonly role: SetRole;
  readonly element: SetElement;
}

/** Takes what policies ask for, one policy after the other. */
export interface Course {
  readonly into: NamespaceCollector;
  /** Asks for what the policy came to the last time; false where that is not known, or need not be the same. */
  again(policy: PolicyEntry): boolean;
  /** The policy was resolved; `isSilent`: there was nothing to tell of it. */
  resolved(policy: PolicyEntry, isSilent: boolean): void;
}

/**
 * What most policies came to the last time, for a reader that hands out the same object for a policy that stayed the same: of ten
 * thousand one has changed. All is forgotten when anything else has that says what policies mean, refusals and logs included; a policy
 * that depends on containers is not remembered.
 */
export class KnownPolicies {
  #basis: unknown;
  #known: readonly (Known | undefined)[] = [];

  /** `basis`: all but the configuration and the containers that says what policies mean. */
  begin(config: Config, basis: readonly unknown[], into: NamespaceCollector): Course {
    const now = [{ ...config, policies: config.policies.filter(isInTheWay) }, ...basis];
    const before = isDeepStrictEqual(this.#basis, now) ? this.#known : [];
    const known: (Known | undefined)[] = [];
    this.#basis = now;
    this.#known = known;
    const noting = notingCollector(into);
    const lists = new Map<string, readonly string[]>();
    const met = new Set<readonly string[]>();
    return {
      into: noting.into,
      again: (policy) => {
        const found = before[policy.index];
        if (found?.policy !== policy) return false;
        if (!met.has(found.common)) {
          if (!found.common.every((what) => noting.common.has(what))) return false;
          met.add(found.common);
        }
        for (const { family, role, element } of found.elements) into.element(family, role, element);
        known[policy.index] = found;
        return true;
      },
      resolved: (policy, isSilent) => {
        const { elements, common, isMore } = noting.taken();
        if (!isSilent || isMore || awaitsStart(policy)) return;
        const key = common.join('\n');
        const list = lists.get(key) ?? common;
        lists.set(key, list);
        known[policy.index] = { policy, elements, common: list };
      },
    };
  }
}

/** Accepts behind it may mean something else without it. */
function isInTheWay({ action, log }: PolicyEntry): boolean {
  return action !== 'accept' || log;
}

interface Noting {
  readonly into: NamespaceCollector;
  /** What policies have asked for of which it does not matter how many do. */
  readonly common: ReadonlySet<string>;
  /** What was asked for since this was last asked. */
  taken(): {
    readonly elements: readonly Asked[];
    readonly common: readonly string[];
    readonly isMore: boolean;
  };
}

/** Passes all on, and takes note of what a policy would ask for again. */
function notingCollector(into: NamespaceCollector): Noting {
  const all = new Set<string>();
  let elements: Asked[] = [];
  let common: string[] = [];
  let isMore = false;
  const once = (what: string): void => {
    if (all.has(what)) common.push(what);
    else isMore = true;
    all.add(what);
  };
  const more = (): void => {
    isMore = true;
  };
  return {
    common: all,
    taken: () => {
      const taken = { elements, common, isMore };
      [elements, common, isMore] = [[], [], false];
      return taken;
    },
    into: {
      ...into,
      element: (family, role, element) => {
        elements.push({ family, role, element });
        into.element(family, role, element);
      },
      first: (what) => {
        once(`first ${what}`);
        return into.first(what);
      },
      ruleOnce: (place, family, part, key, make) => {
        once(`rule ${place.id} ${family} ${part} ${key}`);
        into.ruleOnce(place, family, part, key, make);
      },
      forwarding: (place, family, origin) => {
        once(`forwarding ${place.id} ${family}`);
        into.forwarding(place, family, origin);
      },
      rule: (...asked) => {
        more();
        into.rule(...asked);
      },
      route: (...asked) => {
        more();
        into.route(...asked);
      },
      routingRule: (...asked) => {
        more();
        into.routingRule(...asked);
      },
      address: (...asked) => {
        more();
        into.address(...asked);
      },
      unwantedRoute: (...asked) => {
        more();
        into.unwantedRoute(...asked);
      },
      sysctl: (...asked) => {
        more();
        into.sysctl(...asked);
      },
    },
  };
}
