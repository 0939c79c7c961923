import type { Host } from '../host/host.ts';
import type { LoadedConfig } from '../load/load.ts';
import type { Observed } from '../model/observed.ts';
import type { Outcome } from '../model/plan.ts';
import { withRulesAgain } from '../observe/rules-again.ts';
import { type Pass, reconcile } from '../reconcile.ts';
import type { Resolver } from '../resolve/resolver.ts';
import type { Cause } from '../watch/cause.ts';
import { changedRules } from './asked-for.ts';
import { unlessHurried } from './hurry.ts';
import type { Left } from './left.ts';

export interface WholeWork {
  readonly host: Host;
  readonly good: LoadedConfig;
  readonly causes: readonly Cause[];
  readonly last: Left | undefined;
  readonly resolver: Resolver;
  /** What is done to the host beside passes, which is waited for. */
  readonly after?: Promise<unknown>;
  /** Fires when containers start that are to go first; undefined where nothing goes first. */
  readonly hurry: AbortSignal | undefined;
  readonly signal: AbortSignal;
  readonly onOutcome: (outcome: Outcome) => void;
}

/** A pass that looks at everything; undefined when it gave way. */
export async function passOfEverything(work: WholeWork): Promise<Pass | undefined> {
  const { host, good, resolver, after, hurry, signal, onOutcome } = work;
  const remembered = await rememberedBy(work);
  const options = {
    signal,
    onOutcome,
    resolver,
    ...(remembered !== undefined && { remembered }),
    ...(after !== undefined && { after }),
  };
  return hurry === undefined
    ? await reconcile(host, good.config, options)
    : await unlessHurried(signal, hurry, (asking) => reconcile(host, good.config, { ...options, asking }));
}

/**
 * The host as it was last seen, where nothing was left to do, with the rules read again that somebody has changed since; undefined
 * when that is not worth while before all is looked at.
 */
async function rememberedBy({ host, causes, last, signal }: WholeWork): Promise<Observed | undefined> {
  if (last?.host !== host || !last.converged) return undefined;
  const changed = changedRules(causes, last.observed);
  if (changed === undefined) return undefined;
  return changed.size === 0 ? last.observed : await withRulesAgain(host, last.observed, changed, signal);
}
