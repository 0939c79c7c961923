import { setTimeout as sleep } from 'node:timers/promises';
import { knockAtAll } from '../host/knock.ts';
import { type ContainerProcess, udpListeners } from '../host/udp-listeners.ts';
import type { OnDemandEntry } from '../model/config.ts';
import type { Condition, Listed } from './group.ts';
import type { Progress, Reached, Starting } from './start.ts';
import { type Whereabouts, whereabouts } from './whereabouts.ts';

/** Between two knocks: an application is there within milliseconds, or takes seconds. */
const [firstEveryMs, laterEveryMs, firstRounds] = [3, 50, 8];
const knocksARound = 40;

/** The first of the target's addresses at which its port answers; ends early when its container does. */
export async function answering(
  starting: Starting,
  containers: readonly Listed[],
  conditions: ReadonlyMap<string, Condition>,
  progress: Progress,
): Promise<Reached> {
  const { entry, signal } = starting;
  const { port } = entry.target;
  for (let round = 1; ; round++) {
    const where = await whereabouts(starting, containers, round === 1 ? conditions : new Map());
    progress.waitingFor = `nothing answers at ${where.hosts.map((host) => `${host} port ${port}`).join(' or ')}`;
    const everyMs = round <= firstRounds ? firstEveryMs : laterEveryMs;
    const host = await oneRound(entry, where, everyMs, signal);
    signal.throwIfAborted();
    if (host !== undefined) return { host, port };
    await sleep(everyMs, undefined, { signal });
  }
}

/**
 * Knocks at each address by itself: an IPv6 one that is still being checked for duplicates takes a second to say nothing. Undefined when it is
 * time to see what has become of the container: a port that is not open yet says so at once, of a container that has ended nobody answers at all.
 */
async function oneRound(
  entry: OnDemandEntry,
  where: Whereabouts,
  everyMs: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  let isOver = false;
  let silent = 0;
  const knocking = async (host: string): Promise<string | undefined> => {
    for (let knocks = 0; knocks < knocksARound && !isOver; knocks++) {
      const result = await knock(entry, host, where.process);
      if (result === 'answered') return host;
      if (result !== 'ECONNREFUSED') {
        silent += 1;
        // The others say when it is over.
        return silent === where.hosts.length ? undefined : await new Promise(() => undefined);
      }
      await sleep(everyMs, undefined, { signal });
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
