import { setTimeout as sleep } from 'node:timers/promises';
import { knockAtAll } from '../host/knock.ts';
import { type ContainerProcess, udpListeners } from '../host/udp-listeners.ts';
import type { OnDemandEntry } from '../model/config.ts';
import { conditionOf, type Listed, mustRun, notAwake } from './group.ts';
import type { Progress, Reached, Starting } from './start.ts';

/** Where the target may be reached, and by which of its processes its namespace can be seen. */
interface Whereabouts {
  readonly hosts: readonly string[];
  readonly process?: ContainerProcess;
}

/** Between two knocks: an application is there within milliseconds, or takes seconds. */
const [firstEveryMs, laterEveryMs, firstKnocks] = [3, 50, 300];
const lookEvery = 40;

/** The first of the target's addresses at which its port answers; ends early when its container does. */
export async function answering(
  starting: Starting,
  containers: readonly Listed[],
  progress: Progress,
): Promise<Reached> {
  const { entry, signal } = starting;
  const { port } = entry.target;
  let where = await whereabouts(starting, containers);
  progress.waitingFor = `nothing answers at ${where.hosts.map((host) => `${host} port ${port}`).join(' or ')}`;
  for (let knocks = 1; ; knocks++) {
    const results = await knock(entry, where);
    signal.throwIfAborted();
    const host = where.hosts[results.indexOf('answered')];
    if (host !== undefined) return { host, port };
    // A port that is not open yet says so at once; of a container that has ended nobody answers at all.
    const isNobodyThere = results.some((result) => result !== 'ECONNREFUSED');
    if (isNobodyThere || knocks % lookEvery === 0) where = await whereabouts(starting, containers);
    await sleep(knocks < firstKnocks ? firstEveryMs : laterEveryMs, undefined, { signal });
  }
}

/** What came of each address; one that is listened on by both protocols has to answer by both. */
async function knock(
  { listen, target: { port } }: OnDemandEntry,
  { hosts, process }: Whereabouts,
): Promise<readonly string[]> {
  const asks = (wanted: 'tcp' | 'udp') => listen.some(({ protocol }) => protocol === wanted);
  const takers = asks('udp') ? datagramTakers(port, hosts, process) : hosts;
  if (!asks('tcp')) return hosts.map((host) => (takers.includes(host) ? 'answered' : 'ECONNREFUSED'));
  const results = await knockAtAll(hosts.map((address) => ({ address, port, protocol: 'tcp' })));
  return results.map((result, index) =>
    result === 'answered' && !takers.includes(hosts[index] ?? '') ? 'ECONNREFUSED' : result,
  );
}

/** Which of the addresses take datagrams for the port; all of them where that cannot be seen. */
function datagramTakers(
  port: number,
  hosts: readonly string[],
  process: ContainerProcess | undefined,
): readonly string[] {
  const isElsewhere = process === undefined && !hosts.every((host) => isOwn.test(host));
  const listeners = isElsewhere ? undefined : udpListeners(port, process);
  if (listeners === undefined) return hosts;
  return hosts.filter((host) =>
    listeners.some(
      (address) =>
        address === '::' ||
        address === host ||
        (address === '0.0.0.0' && !host.includes(':')) ||
        (host === 'localhost' && isOwn.test(address)),
    ),
  );
}

const isOwn = /^(localhost|::1|127\..*)$/;

/** The addresses of the target as they are reached from here. */
async function whereabouts(
  { engine, entry: { target }, signal }: Starting,
  containers: readonly Listed[],
): Promise<Whereabouts> {
  if (target.kind === 'host') return { hosts: [target.host] };
  let id = containers.find(({ name }) => name === target.name)?.id;
  for (;;) {
    const condition = id === undefined ? undefined : await conditionOf(engine, id, signal);
    if (id === undefined || condition === undefined) throw notAwake(`no container is called ${target.name}`);
    mustRun(target.name, condition);
    const { networkMode, addresses, pid } = condition;
    const process = { containerId: id, pid };
    if (networkMode === 'host') return { hosts: ['127.0.0.1', '::1'], process };
    const [, owner] = /^container:(.+)$/.exec(networkMode) ?? [];
    if (owner !== undefined) {
      id = owner;
      continue;
    }
    if (addresses.length === 0) throw notAwake(`${target.name} has no address`);
    return { hosts: addresses, process };
  }
}
