import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { isNetwrightError, NetwrightError } from '../errors.ts';
import { withDeadline } from '../host/deadline.ts';
import type { Engine } from '../host/engine.ts';
import type { OnDemandEntry } from '../model/on-demand.ts';
import { answering } from './answering.ts';
import {
  type Condition,
  conditionOf,
  groupOf,
  type Listed,
  listContainers,
  mustRun,
  notAwake,
  targetIn,
} from './group.ts';
import type { Turns } from './turns.ts';

/** Where connections are carried once all is ready. */
export interface Reached {
  readonly host: string;
  readonly port: number;
}

export interface Starting {
  readonly engine: Engine;
  readonly entry: OnDemandEntry;
  readonly turns: Turns;
  /** The containers there should be; where they turn out to be others, they are listed. */
  readonly known?: readonly Listed[] | undefined;
  readonly signal: AbortSignal;
}

/** What is waited for at the moment, for whoever is told that it took too long. */
export interface Progress {
  waitingFor: string;
}

/**
 * Starts what the entry needs, in its order, and waits until all of it runs, is healthy where that is asked for, and the target's port
 * answers. NOT_AWAKE says what did not come about within the entry's time-out; engine errors as they are.
 */
export async function startGroup(starting: Starting): Promise<Reached> {
  const { entry, signal } = starting;
  const progress: Progress = { waitingFor: 'the engine' };
  const late = () => notAwake(`not ready after ${entry.startTimeout / 1000} s: ${progress.waitingFor}`);
  return await withDeadline(signal, entry.startTimeout, late, (stop) =>
    start({ ...starting, signal: stop }, progress),
  );
}

async function start(starting: Starting, progress: Progress): Promise<Reached> {
  const { engine, entry, signal, known } = starting;
  try {
    if (known !== undefined) return await startThese(starting, known, progress);
  } catch (error) {
    signal.throwIfAborted();
    const listed = await listContainers(engine, signal);
    if (known !== undefined && isSame(entry, known, listed)) throw error;
    return await startThese(starting, listed, progress);
  }
  return await startThese(starting, await listContainers(engine, signal), progress);
}

/** Whether the entry means the same containers in both lists. */
function isSame(entry: OnDemandEntry, one: readonly Listed[], other: readonly Listed[]): boolean {
  const meant = (containers: readonly Listed[]) => {
    const { dependencies, members, missing } = groupOf(entry, containers);
    const ids = [...dependencies, ...members].map(({ id, paused }) => [id, paused]);
    return [ids, missing, targetIn(entry, containers)?.id];
  };
  return isDeepStrictEqual(meant(one), meant(other));
}

async function startThese(
  starting: Starting,
  containers: readonly Listed[],
  progress: Progress,
): Promise<Reached> {
  const { entry } = starting;
  const { dependencies, members, missing } = groupOf(entry, containers);
  const [lacking] = missing;
  if (lacking !== undefined)
    throw notAwake(
      entry.group.kind === 'label' && lacking.includes('=')
        ? `no container has the label ${lacking}`
        : `no container is called ${lacking}`,
    );
  for (const dependency of dependencies) {
    await startOne(starting, dependency);
    await ready(starting, dependency, progress);
  }
  await startAll(starting, members);
  const conditions = new Map<string, Condition>();
  await Promise.all(
    members.map(async (member) => {
      conditions.set(member.id, await ready(starting, member, progress));
    }),
  );
  return await answering(starting, containers, conditions, progress);
}

/** One that shares the namespace of another cannot start before that one: it is tried again after the others. */
async function startAll(starting: Starting, members: readonly Listed[]): Promise<void> {
  const refused: Listed[] = [];
  for (const member of members) {
    try {
      await startOne(starting, member);
    } catch (error) {
      if (!isNetwrightError(error, 'ENGINE_REFUSED') || members.length === 1) throw error;
      refused.push(member);
    }
  }
  for (const member of refused) await startOne(starting, member);
}

/** One that is paused is left to `ready`. */
async function startOne({ engine, turns, signal }: Starting, { id, name, paused }: Listed): Promise<void> {
  if (paused) return;
  try {
    await turns.take(id, () => engine.startContainer(id, signal));
  } catch (error) {
    if (!isNetwrightError(error, 'ENGINE_REFUSED')) throw error;
    // Another entry has just put it to sleep.
    if ((await conditionOf(engine, id, signal))?.paused === true) return;
    throw new NetwrightError('ENGINE_REFUSED', `${name} does not start: ${error.message}`, { cause: error });
  }
}

const [healthEveryMs, checkEveryMs] = [50, 500];

/** Resolves when the container runs and, where that is asked for, is healthy. */
async function ready(
  { engine, entry, turns, signal }: Starting,
  { id, name }: Listed,
  progress: Progress,
): Promise<Condition> {
  let checkedAt = Number.NEGATIVE_INFINITY;
  for (;;) {
    let condition = await conditionOf(engine, id, signal);
    if (condition?.paused === true) {
      await turns.take(id, () => engine.unpauseContainer(id, signal));
      condition = await conditionOf(engine, id, signal);
    }
    mustRun(name, condition);
    if (condition.name !== '' && condition.name !== name)
      throw notAwake(`${name} is another container by now`);
    const { health } = condition;
    if (!entry.health || health === undefined || health === 'healthy') return condition;
    progress.waitingFor = `${name} is not healthy (${health})`;
    if (performance.now() - checkedAt >= checkEveryMs) {
      await engine.checkHealth(id, signal);
      checkedAt = performance.now();
    }
    await sleep(healthEveryMs, undefined, { signal });
  }
}
