import { hostNamespace, type NamespaceId } from '../model/namespace.ts';
import type { Observed } from '../model/observed.ts';
import type { Glance } from '../observe/unchanged.ts';
import type { Cause } from '../watch/cause.ts';

/** Containers that something happened to, and what others changed besides. */
export interface Narrow {
  readonly containers: ReadonlySet<string>;
  /** Of these, those that may be about to start: all or none, as those are not asked about while others have started. */
  readonly mayBeStarting: ReadonlySet<string>;
  /** The namespaces whose rules were changed. */
  readonly rules: ReadonlySet<NamespaceId>;
  readonly hostRoutes: boolean;
  /** All is to be looked at besides, once these have what they need. */
  readonly andAll: boolean;
}

/** These ask for something else than before, or tell that what was seen may be out of date. */
const anew: ReadonlySet<Cause['kind']> = new Set(['start', 'file', 'reload', 'connected', 'awake']);

/** Whether all has to be found out anew, whatever else happens. */
export function asksAnew(causes: readonly Cause[]): boolean {
  return causes.some(({ kind }) => anew.has(kind));
}

/** Undefined where no container is named, or all has to be found out anew; routes in containers come and go with them, and are for a later look. */
export function narrowFor(causes: readonly Cause[]): Narrow | undefined {
  const certain = new Set<string>();
  const mayBeStarting = new Set<string>();
  const rules = new Set<NamespaceId>();
  let andAll = false;
  for (const cause of causes) {
    const { kind, container, area } = cause;
    if (kind === 'engine' && container !== undefined)
      (cause.mayBeStarting === true ? mayBeStarting : certain).add(container);
    else if (area?.startsWith('rules ') === true) rules.add(area.slice('rules '.length));
    else if (area?.startsWith('routes ') !== true) andAll = true;
  }
  if (certain.size + mayBeStarting.size === 0 || asksAnew(causes)) return undefined;
  return {
    ...(certain.size > 0
      ? { containers: certain, mayBeStarting: new Set() }
      : { containers: mayBeStarting, mayBeStarting }),
    rules,
    hostRoutes: causes.some(({ area }) => area === `routes ${hostNamespace}`),
    andAll,
  };
}

/**
 * The namespaces whose rules may be put right before all is looked at, none where the file alone asks for that; undefined where
 * nothing does. An engine makes routes just before its rules: Podman puts its own jump before our hook when the first container
 * starts, and of legacy rules nobody tells.
 */
export function changedRules(
  causes: readonly Cause[],
  { backend }: Pick<Observed, 'backend'>,
): ReadonlySet<NamespaceId> | undefined {
  const changed = new Set<NamespaceId>();
  for (const { kind, area } of causes) {
    if (isWish(kind)) continue;
    if (kind !== 'kernel' || area === undefined) return undefined;
    if (area.startsWith('rules ')) changed.add(area.slice('rules '.length));
    else if (!area.startsWith('routes ')) return undefined;
    else if (area === 'routes host' && backend === 'legacy') changed.add(hostNamespace);
  }
  return changed.size > 0 || causes.some(({ kind }) => isWish(kind)) ? changed : undefined;
}

/** Something else is wanted, while the host is as it was. */
function isWish(kind: Cause['kind']): boolean {
  return kind === 'file' || kind === 'awake';
}

/** Undefined where one of the causes asks for a full look. */
export function glanceFor(causes: readonly Cause[], hearsInside: boolean): Glance | undefined {
  const isPeriod = causes.some(({ kind }) => kind === 'period');
  const isRenewed = causes.some(({ kind }) => kind === 'renewed');
  const routes = causes.some(({ area }) => area === 'routes host');
  const inside = causes.some(({ area }) => area === 'routes inside');
  const enough = causes.every(
    ({ kind, area }) =>
      kind === 'period' || kind === 'renewed' || area === 'routes host' || area === 'routes inside',
  );
  if (!enough) return undefined;
  return {
    rules: isPeriod,
    routes: isPeriod || routes,
    inside: inside || (isPeriod && !hearsInside),
    engine: isPeriod || isRenewed,
  };
}
