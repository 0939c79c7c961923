import type { ContainerProcess } from '../host/udp-listeners.ts';
import { type Condition, conditionOf, type Listed, mustRun, notAwake, targetIn } from './group.ts';
import type { Starting } from './start.ts';

/** Where the target may be reached, and by which of its processes its namespace can be seen. */
export interface Whereabouts {
  readonly hosts: readonly string[];
  readonly process?: ContainerProcess;
}

/** The addresses of the target as they are reached from here; a container whose condition is known is not asked for again. */
export async function whereabouts(
  { engine, entry, signal }: Starting,
  containers: readonly Listed[],
  conditions: ReadonlyMap<string, Condition>,
): Promise<Whereabouts> {
  const { target } = entry;
  if (target.kind === 'host') return { hosts: [target.host] };
  let id = targetIn(entry, containers)?.id;
  for (;;) {
    const condition =
      id === undefined ? undefined : (conditions.get(id) ?? (await conditionOf(engine, id, signal)));
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
