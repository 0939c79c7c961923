import type { Engine } from '../host/engine.ts';
import type { OnDemandEntry } from '../model/on-demand.ts';
import { groupOf, type Listed, listContainers } from './group.ts';
import type { Turns } from './turns.ts';

export interface Stopping {
  readonly engine: Engine;
  readonly entry: OnDemandEntry;
  readonly turns: Turns;
  /** Whether somebody else's connections need it. */
  readonly isUsed: (id: string) => boolean;
  /** Whether somebody has come meanwhile. */
  readonly isWanted: () => boolean;
  readonly signal: AbortSignal;
}

/**
 * Stops, or pauses, the group and then what it depended on, in the reverse of the order in which they were started; what others
 * use is left running. False, and nothing is stopped, where somebody came before the first was.
 */
export async function stopGroup(stopping: Stopping): Promise<boolean> {
  const { engine, entry, turns, isUsed, isWanted, signal } = stopping;
  const { dependencies, members } = groupOf(entry, await listContainers(engine, signal));
  if (isWanted()) return false;
  const stop = async ({ id, running }: Listed): Promise<void> => {
    if (!running || isUsed(id)) return;
    await turns.take(id, () =>
      entry.action === 'pause'
        ? engine.pauseContainer(id, signal)
        : engine.stopContainer(id, entry.stopTimeout, signal),
    );
  };
  // Only a list says who goes first.
  if (entry.group.kind === 'label') await Promise.all(members.map(stop));
  else for (const member of members.toReversed()) await stop(member);
  for (const dependency of dependencies.toReversed()) await stop(dependency);
  return true;
}
