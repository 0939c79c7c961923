import { closeSync } from 'node:fs';
import { readlink } from 'node:fs/promises';
import { NetwrightError } from '../errors.ts';
import { hostNamespace, type NamespaceId } from '../model/namespace.ts';
import { type Door, findDoor, openDoor, startTimeOf } from './door.ts';
import { missingCapabilities } from './privileges.ts';

/** An entered network namespace: an open handle, so that it stays the same one whatever becomes of its processes. */
export interface OpenNamespace {
  readonly id: NamespaceId;
  /** The file descriptor for `CommandOptions.namespace`. */
  readonly handle: number;
  /** Its own /proc/net; true to this namespace only while `confirm` does not throw. */
  readonly procNet: string;
  /** Throws NAMESPACE_GONE when the process it was reached by has ended. */
  readonly confirm: () => void;
}

/** The network namespaces of containers: which is which, and the way into them. */
export class Namespaces {
  readonly #own: NamespaceId;
  readonly #mayEnter: boolean;
  #doors: ReadonlyMap<NamespaceId, readonly Door[]> = new Map();
  #found: ReadonlyMap<string, NamespaceId> = new Map();
  #closed: ReadonlySet<string> = new Set();

  private constructor(own: NamespaceId, mayEnter: boolean) {
    this.#own = own;
    this.#mayEnter = mayEnter;
  }

  static async open(): Promise<Namespaces> {
    const [own, missing] = await Promise.all([readlink('/proc/self/ns/net'), missingCapabilities()]);
    return new Namespaces(own, !missing.includes('SYS_ADMIN'));
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
   * A container that is gone, not visible here, or in the host's namespace without being meant to is left out, and all but those
   * in the host's where this process may enter none.
   */
  identify(running: readonly RunningContainer[]): ReadonlyMap<string, NamespaceId> {
    const doors = new Map<NamespaceId, Door[]>();
    const found = new Map<string, NamespaceId>();
    const closed = new Set<string>();
    const before = new Map([...this.#doors.values()].flat().map((door) => [door.containerId, door]));
    for (const container of running) {
      const seen = findDoor(container.containerId, container.pid, before.get(container.containerId));
      if (seen === 'closed') closed.add(container.containerId);
      if (seen === 'closed' || seen === undefined) continue;
      if (seen.namespace !== this.#own && this.#mayEnter) {
        found.set(container.containerId, seen.namespace);
        doors.set(seen.namespace, [...(doors.get(seen.namespace) ?? []), seen.door]);
      } else if (seen.namespace === this.#own && container.mayBeHost) {
        found.set(container.containerId, hostNamespace);
      }
    }
    this.#doors = doors;
    this.#found = found;
    this.#closed = closed;
    return found;
  }

  /** Does the work in a container's namespace that `identify` found; NAMESPACE_GONE when it is no longer there. */
  async enter<T>(id: NamespaceId, work: (inside: OpenNamespace) => Promise<T>): Promise<T> {
    return await this.enterAll([id], ([inside]) => {
      if (inside === undefined) throw gone(id);
      return work(inside);
    });
  }

  /** Does the work in those of the namespaces that are still there, all held open at once. */
  async enterAll<T>(
    ids: readonly NamespaceId[],
    work: (inside: readonly OpenNamespace[]) => Promise<T>,
  ): Promise<T> {
    const opened: OpenNamespace[] = [];
    try {
      for (const id of ids) {
        const inside = this.#open(id);
        if (inside !== undefined) opened.push(inside);
      }
      return await work(opened);
    } finally {
      for (const { handle } of opened) closeSync(handle);
    }
  }

  #open(id: NamespaceId): OpenNamespace | undefined {
    for (const door of this.#doors.get(id) ?? []) {
      const handle = openDoor(id, door);
      if (handle === undefined) continue;
      return {
        id,
        handle,
        procNet: `/proc/${door.pid}/net`,
        confirm: () => {
          if (startTimeOf(door.pid) !== door.startTime) throw gone(id);
        },
      };
    }
    return undefined;
  }
}

/** The way for other processes to a file that is held open here. */
export function openPath(handle: number): string {
  return `/proc/${process.pid}/fd/${handle}`;
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
