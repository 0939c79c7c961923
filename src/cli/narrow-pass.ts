import type { Host } from '../host/host.ts';
import type { LoadedConfig } from '../load/load.ts';
import type { Desired } from '../model/desired.ts';
import type { NamespaceId } from '../model/namespace.ts';
import type { Observed } from '../model/observed.ts';
import type { Outcome } from '../model/plan.ts';
import { withRulesAgain } from '../observe/rules-again.ts';
import { isUnchanged } from '../observe/unchanged.ts';
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
  /** What the last pass left behind, and where it looked at nothing afterwards. */
  readonly last: {
    readonly desired: Desired;
    readonly observed: Observed;
    readonly trusted: ReadonlySet<NamespaceId>;
  };
  readonly resolver: Resolver;
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
    trusted: last.trusted,
    resolver,
    hurry,
    signal,
    onOutcome,
  });
  if (pass?.converged !== true) return undefined;
  if (andAll) return { pass, enough: false };
  // What can wait that long is seen by the look that follows.
  const enough =
    !hostRoutes || hurry.aborted || (await isUnchanged(host, last.observed, { routes: true }, signal));
  return { pass, enough };
}
