import type { Host } from '../host/host.ts';
import type { LoadedConfig } from '../load/load.ts';
import type { Desired } from '../model/desired.ts';
import { hostNamespace, type NamespaceId } from '../model/namespace.ts';
import type { Observed } from '../model/observed.ts';
import type { Outcome } from '../model/plan.ts';
import { withRulesAgain } from '../observe/rules-again.ts';
import { isUnchanged } from '../observe/unchanged.ts';
import type { Look } from '../reconcile.ts';
import { type ContainersPass, reconcileContainers } from '../reconcile-containers.ts';
import type { Resolver } from '../resolve/resolver.ts';
import type { Narrow } from './asked-for.ts';

/** A pass for a few containers, and whether that is all there is to do. */
export interface Narrowly {
  readonly pass: ContainersPass;
  readonly enough: boolean;
}

export interface NarrowWork {
  readonly host: Host;
  readonly good: LoadedConfig;
  readonly narrow: Narrow;
  /** What the last pass left behind, and what it left out. */
  readonly last: {
    readonly desired: Desired;
    readonly observed: Observed;
    readonly incomplete: ReadonlySet<NamespaceId>;
  };
  readonly resolver: Resolver;
  /** What the engine has said of some of the containers already. */
  readonly known: ReadonlyMap<string, unknown>;
  /** Fires when containers start that are none of these. */
  readonly hurry: AbortSignal;
  readonly signal: AbortSignal;
  readonly onOutcome: (outcome: Outcome) => void;
}

/** Where fifty containers start at once, each need not wait for a look at all of them; undefined where only that shows what to do. */
export async function passOfContainers({
  host,
  good,
  narrow,
  last,
  resolver,
  known,
  hurry,
  signal,
  onOutcome,
}: NarrowWork): Promise<Narrowly | undefined> {
  const { rules, hostRoutes, andAll, ...asked } = narrow;
  const seen = await withRulesAgain(host, last.observed, rules, signal);
  if (seen === undefined) return undefined;
  const pass = await reconcileContainers(host, good.config, {
    ...asked,
    seen,
    before: last,
    incomplete: last.incomplete,
    resolver,
    known,
    hurry,
    signal,
    onOutcome,
  });
  if (pass?.converged !== true) return undefined;
  if (andAll) return { pass, enough: false };
  // What can wait that long is seen by the look that follows.
  const mayWait = !hostRoutes || hurry.aborted || !dependsOnRoutes(pass.last);
  const enough = mayWait || (await isUnchanged(host, last.observed, { routes: true }, signal));
  return { pass, enough };
}

/** A setting of one interface. */
const ofInterface = /^net\.ipv[46]\.(conf|neigh)\.(?!all\.|default\.)/;

/** Whether something on the host may have to be put right because its routes or links are others: containers make and take some as they come and go. */
export function dependsOnRoutes({ desired, observed }: Pick<Look, 'desired' | 'observed'>): boolean {
  // Of legacy rules nobody tells, and an engine that makes a route may have moved our hooks.
  if (observed.backend === 'legacy' || desired.frames !== undefined) return true;
  const here = desired.namespaces.get(hostNamespace);
  if (here === undefined) return false;
  const { routes, rules, addresses = [], unwantedRoutes = [], sysctls } = here;
  const placed = routes.length + rules.length + addresses.length + unwantedRoutes.length;
  return placed > 0 || sysctls.some(({ key }) => ofInterface.test(key));
}
