import { type FileHandle, open, readFile, readlink } from 'node:fs/promises';
import { NetwrightError } from '../errors.ts';
import { hostNamespace, type NamespaceId } from '../model/state.ts';
import { codeOf } from './code.ts';

/** A process by which a network namespace can be reached, told apart from a later one of the same pid by its start. */
interface Door {
  readonly containerId: string;
  readonly pid: number;
  /** Clock ticks since boot, as /proc/<pid>/stat has it. */
  readonly startTime: number;
}

/** An entered network namespace: an open handle, so that it stays the same one whatever becomes of its processes. */
export interface OpenNamespace {
  /** The file descriptor for `CommandOptions.namespace`. */
  readonly handle: number;
  /** Its own /proc/net; true to this namespace only while `confirm` does not throw. */
  readonly procNet: string;
  /** Throws NAMESPACE_GONE when the process it was reached by has ended. */
  readonly confirm: () => Promise<void>;
}

/** The network namespaces of containers: which is which, and the way into them. */
export class Namespaces {
  readonly #own: NamespaceId;
  #doors: ReadonlyMap<NamespaceId, readonly Door[]> = new Map();
  #found: ReadonlyMap<string, NamespaceId> = new Map();
  #closed: ReadonlySet<string> = new Set();

  private constructor(own: NamespaceId) {
    this.#own = own;
  }

  static async open(): Promise<Namespaces> {
    return new Namespaces(await readlink('/proc/self/ns/net'));
  }

  /** When the eldest and the youngest of the containers' processes in this namespace began, in clock ticks since boot. */
  lives(id: NamespaceId): { readonly eldest: number; readonly youngest: number } | undefined {
    const starts = (this.#doors.get(id) ?? []).map(({ startTime }) => startTime);
    if (starts.length === 0) return undefined;
    return { eldest: Math.min(...starts), youngest: Math.max(...starts) };
  }

  /** The namespace of a container, as of the last `identify`. */
  of(containerId: string): NamespaceId | undefined {
    return this.#found.get(containerId);
  }

  /** The running containers whose namespace this process may not look at, by id, as of the last `identify`. */
  get closed(): ReadonlySet<string> {
    return this.#closed;
  }

  /**
   * Which namespace each running container is in, by container id; forgets what was known before.
   * A container that is gone, not visible here, or in the host's namespace without being meant to is left out.
   */
  async identify(running: readonly RunningContainer[]): Promise<ReadonlyMap<string, NamespaceId>> {
    const doors = new Map<NamespaceId, Door[]>();
    const found = new Map<string, NamespaceId>();
    const closed = new Set<string>();
    await Promise.all(
      running.map(async (container) => {
        const seen = await identity(container.containerId, container.pid);
        if (seen === 'closed') closed.add(container.containerId);
        if (seen === 'closed' || seen === undefined) return;
        if (seen.namespace !== this.#own) {
          found.set(container.containerId, seen.namespace);
          doors.set(seen.namespace, [...(doors.get(seen.namespace) ?? []), seen.door]);
        } else if (container.mayBeHost) {
          found.set(container.containerId, hostNamespace);
        }
      }),
    );
    this.#doors = doors;
    this.#found = found;
    this.#closed = closed;
    return found;
  }

  /** Does the work in a container's namespace that `identify` found; NAMESPACE_GONE when it is no longer there. */
  async enter<T>(id: NamespaceId, work: (inside: OpenNamespace) => Promise<T>): Promise<T> {
    for (const door of this.#doors.get(id) ?? []) {
      const handle = await openDoor(id, door);
      if (handle === undefined) continue;
      try {
        return await work({
          handle: handle.fd,
          procNet: `/proc/${door.pid}/net`,
          confirm: async () => {
            if ((await startTimeOf(door.pid)) !== door.startTime) throw gone(id);
          },
        });
      } finally {
        await handle.close();
      }
    }
    throw gone(id);
  }
}

export interface RunningContainer {
  readonly containerId: string;
  readonly pid: number;
  /** Its network mode says that it shares the host's namespace, or another container's. */
  readonly mayBeHost: boolean;
}

function gone(id: NamespaceId): NetwrightError {
  return new NetwrightError(
    'NAMESPACE_GONE',
    `the network namespace ${id} is gone: its container has stopped`,
  );
}

async function identity(
  containerId: string,
  pid: number,
): Promise<{ readonly namespace: NamespaceId; readonly door: Door } | 'closed' | undefined> {
  try {
    const startTime = await startTimeOf(pid);
    const namespace = await readlink(`/proc/${pid}/ns/net`);
    if (startTime === undefined || !(await isOfContainer(pid, containerId))) return undefined;
    if ((await startTimeOf(pid)) !== startTime) return undefined;
    return { namespace, door: { containerId, pid, startTime } };
  } catch (error) {
    if (isForbidden(error)) return 'closed';
    unlessGone(error);
    return undefined;
  }
}

async function openDoor(id: NamespaceId, door: Door): Promise<FileHandle | undefined> {
  const handle = await openNamespaceFile(door.pid);
  if (handle === undefined) return undefined;
  try {
    const { ino } = await handle.stat();
    const same =
      `net:[${ino}]` === id &&
      (await startTimeOf(door.pid)) === door.startTime &&
      (await isOfContainer(door.pid, door.containerId));
    if (same) return handle;
  } catch (error) {
    await handle.close();
    unlessGone(error);
    return undefined;
  }
  await handle.close();
  return undefined;
}

async function openNamespaceFile(pid: number): Promise<FileHandle | undefined> {
  try {
    return await open(`/proc/${pid}/ns/net`);
  } catch (error) {
    unlessGone(error);
    return undefined;
  }
}

/** Field 22 of /proc/<pid>/stat; the program's name before it may hold spaces and brackets. */
async function startTimeOf(pid: number): Promise<number | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  } catch (error) {
    unlessGone(error);
    return undefined;
  }
}

/** Where the control groups name containers at all, this one must be among them: the pid could be another's by now. */
async function isOfContainer(pid: number, containerId: string): Promise<boolean> {
  const groups = await readFile(`/proc/${pid}/cgroup`, 'latin1');
  const named = groups.match(/[0-9a-f]{64}/g);
  return named === null || named.includes(containerId);
}

/** Throws the error on, unless it says that the process has ended. */
function unlessGone(error: unknown): void {
  const code = codeOf(error);
  if (code !== 'ENOENT' && code !== 'ESRCH') throw error;
}

/** Looking at a process needs its user and all of its capabilities, or CAP_SYS_PTRACE: see ptrace(2), PTRACE_MODE_READ_FSCREDS. */
function isForbidden(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'EACCES' || code === 'EPERM';
}
