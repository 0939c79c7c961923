import { setTimeout as sleep } from 'node:timers/promises';
import { knockAtAll } from '../host/knock.ts';
import { type ContainerProcess, udpListeners } from '../host/udp-listeners.ts';
import type { OnDemandEntry } from '../model/on-demand.ts';
import type { Condition, Listed } from './group.ts';
import type { Progress, Reached, Starting } from './start.ts';
import { type Whereabouts, whereabouts } from './whereabouts.ts';

/** Between two knocks, in ms, and which part of what has been waited: whoever took long to come may be seen a little later. */
const [leastPause, longestPause, pausePart] = [2, 50, 200];
/** How long is knocked before it is seen what has become of the container, in ms. */
const [firstRoundMs, laterRoundMs, firstRounds] = [120, 2000, 8];

/** The first of the target's addresses at which its port answers; ends early when its container does. */
export async function answering(
  starting: Starting,
  containers: readonly Listed[],
  conditions: ReadonlyMap<string, Condition>,
  progress: Progress,
): Promise<Reached> {
  const { entry, signal } = starting;
  const { port } = entry.target;
  const began = performance.now();
  const pause = async (): Promise<void> => {
    const waited = (performance.now() - began) / pausePart;
    await sleep(Math.min(longestPause, Math.max(leastPause, waited)), undefined, { signal });
  };
  for (let round = 1; ; round++) {
    const where = await whereabouts(starting, containers, round === 1 ? conditions : new Map());
    progress.waitingFor = `nothing answers at ${where.hosts.map((host) => `${host} port ${port}`).join(' or ')}`;
    const roundMs = round <= firstRounds ? firstRoundMs : laterRoundMs;
    const host = await oneRound(entry, where, roundMs, pause);
    signal.throwIfAborted();
    if (host !== undefined) return { host, port };
    await pause();
  }
}

/**
 * Knocks at each address by itself: an IPv6 one that is still being checked for duplicates takes a second to say nothing. Undefined when it is
 * time to see what has become of the container: a port that is not open yet says so at once, of a container that has ended nobody answers at all.
 */
async function oneRound(
  entry: OnDemandEntry,
  where: Whereabouts,
  roundMs: number,
  pause: () => Promise<void>,
): Promise<string | undefined> {
  const end = performance.now() + roundMs;
  let isOver = false;
  let silent = 0;
  const knocking = async (host: string): Promise<string | undefined> => {
    while (performance.now() < end && !isOver) {
      const result = await knock(entry, host, where.process);
      if (result === 'answered') return host;
      if (result !== 'ECONNREFUSED') {
        silent += 1;
        // The others say when it is over.
        return silent === where.hosts.length ? undefined : await new Promise(() => undefined);
      }
      await pause();
    }
    return undefined;
  };
  try {
    return await Promise.race(where.hosts.map(knocking));
  } finally {
    isOver = true;
  }
}

/** What came of an address; one that is listened on by both protocols has to answer by both. */
async function knock(
  { listen, target: { port } }: OnDemandEntry,
  host: string,
  process: ContainerProcess | undefined,
): Promise<string | undefined> {
  const asks = (wanted: 'tcp' | 'udp') => listen.some(({ protocol }) => protocol === wanted);
  if (asks('udp') && !takesDatagrams(port, host, process)) return 'ECONNREFUSED';
  if (!asks('tcp')) return 'answered';
  const [result] = await knockAtAll([{ address: host, port, protocol: 'tcp' }]);
  return result;
}

/** Whether the address takes datagrams for the port, as far as that can be seen. */
function takesDatagrams(port: number, host: string, process: ContainerProcess | undefined): boolean {
  if (process === undefined && !isOwn.test(host)) return true;
  const listeners = udpListeners(port, process);
  return (
    listeners === undefined ||
    listeners.some(
      (address) =>
        address === '::' ||
        address === host ||
        (address === '0.0.0.0' && !host.includes(':')) ||
        (host === 'localhost' && isOwn.test(address)),
    )
  );
}

const isOwn = /^(localhost|::1|127\..*)$/;
