import { setTimeout as sleep } from 'node:timers/promises';
import { isNetwrightError, NetwrightError } from '../errors.ts';
import { withDeadline } from '../host/deadline.ts';
import type { Engine } from '../host/engine.ts';
import { knockAtAll } from '../host/knock.ts';
import type { OnDemandEntry } from '../model/config.ts';
import { type Condition, conditionOf, groupOf, type Listed, listContainers } from './group.ts';
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
  readonly signal: AbortSignal;
}

/** What is waited for at the moment, for whoever is told that it took too long. */
interface Progress {
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
  const { engine, entry, signal } = starting;
  const containers = await listContainers(engine, signal);
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
  for (const member of members) await ready(starting, member, progress);
  return await answering(starting, containers, progress);
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

async function startOne({ engine, turns, signal }: Starting, { id, name }: Listed): Promise<void> {
  try {
    await turns.take(id, () => engine.startContainer(id, signal));
  } catch (error) {
    if (!isNetwrightError(error, 'ENGINE_REFUSED')) throw error;
    throw new NetwrightError('ENGINE_REFUSED', `${name} does not start: ${error.message}`, { cause: error });
  }
}

const [healthEveryMs, checkEveryMs] = [50, 500];

/** Resolves when the container runs and, where that is asked for, is healthy. */
async function ready(
  { engine, entry, signal }: Starting,
  { id, name }: Listed,
  progress: Progress,
): Promise<Condition> {
  let checkedAt = Number.NEGATIVE_INFINITY;
  for (;;) {
    const condition = await conditionOf(engine, id, signal);
    mustRun(name, condition);
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

function mustRun(name: string, condition: Condition | undefined): asserts condition is Condition {
  if (condition === undefined) throw notAwake(`${name} was removed`);
  if (condition.paused) throw notAwake(`${name} is paused`);
  if (condition.running) return;
  const said = condition.error === '' ? '' : `: ${condition.error}`;
  throw notAwake(`${name} ended with exit code ${condition.exitCode}${said}`);
}

/** Between two knocks: an application is there within milliseconds, or takes seconds. */
const [firstEveryMs, laterEveryMs, firstKnocks] = [3, 50, 300];
const lookEvery = 40;

/** The first of the target's addresses that answers; ends early when its container does. */
async function answering(
  starting: Starting,
  containers: readonly Listed[],
  progress: Progress,
): Promise<Reached> {
  const { entry, signal } = starting;
  const { port } = entry.target;
  let hosts = await hostsOf(starting, containers);
  progress.waitingFor = `nothing answers at ${hosts.map((host) => `${host} port ${port}`).join(' or ')}`;
  for (let knocks = 1; ; knocks++) {
    const results = await knockAtAll(hosts.map((address) => ({ address, port, protocol: 'tcp' })));
    signal.throwIfAborted();
    const host = hosts[results.indexOf('answered')];
    if (host !== undefined) return { host, port };
    // A port that is not open yet says so at once; of a container that has ended nobody answers at all.
    const isNobodyThere = results.some((result) => result !== 'ECONNREFUSED');
    if (isNobodyThere || knocks % lookEvery === 0) hosts = await hostsOf(starting, containers);
    await sleep(knocks < firstKnocks ? firstEveryMs : laterEveryMs, undefined, { signal });
  }
}

/** The addresses of the target as they are reached from here. */
async function hostsOf(
  { engine, entry: { target }, signal }: Starting,
  containers: readonly Listed[],
): Promise<readonly string[]> {
  if (target.kind === 'host') return [target.host];
  let id = containers.find(({ name }) => name === target.name)?.id;
  for (;;) {
    const condition = id === undefined ? undefined : await conditionOf(engine, id, signal);
    if (condition === undefined) throw notAwake(`no container is called ${target.name}`);
    mustRun(target.name, condition);
    const { networkMode, addresses } = condition;
    if (networkMode === 'host') return ['127.0.0.1', '::1'];
    const [, owner] = /^container:(.+)$/.exec(networkMode) ?? [];
    if (owner !== undefined) {
      id = owner;
      continue;
    }
    if (addresses.length === 0) throw notAwake(`${target.name} has no address`);
    return addresses;
  }
}

function notAwake(message: string): NetwrightError {
  return new NetwrightError('NOT_AWAKE', message);
}
