import type { Engine } from '../host/engine.ts';
import type { OnDemandEntry } from '../model/on-demand.ts';
import type { Outcome } from './by-hand.ts';
import { groupOf, isUp, listContainers } from './group.ts';
import type { Request } from './request.ts';
import { startGroup } from './start.ts';
import { stopGroup } from './stop.ts';
import { Turns } from './turns.ts';

/** What came of it, and whether a daemon did it. */
export interface Done extends Outcome {
  readonly by: 'daemon' | 'engine';
}

/** The same without a daemon: the containers are started, and are ready, or are stopped. Nobody knows then who is connected to them. */
export async function alone(
  engine: Engine,
  entry: OnDemandEntry,
  verb: Request['verb'],
  signal: AbortSignal,
): Promise<Done> {
  const { name } = entry;
  const turns = new Turns();
  const group = groupOf(entry, await listContainers(engine, signal));
  const stop = async () =>
    await stopGroup({ engine, entry, turns, isUsed: () => false, isWanted: () => false, signal });
  if (verb === 'sleep') {
    const changed = [...group.dependencies, ...group.members].some(({ running }) => running);
    if (changed) await stop();
    return { name, state: 'asleep', changed, by: 'engine' };
  }
  const changed = !isUp(group);
  try {
    await startGroup({ engine, entry, turns, signal });
  } catch (error) {
    // What was started does not run for ever, as by the daemon.
    if (changed && !signal.aborted) await stop();
    throw error;
  }
  return { name, state: 'awake', changed, by: 'engine' };
}
