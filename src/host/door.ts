import { closeSync, fstatSync, openSync, readFileSync, readlinkSync } from 'node:fs';
import type { NamespaceId } from '../model/namespace.ts';
import { codeOf } from './code.ts';

/** A process by which a network namespace can be reached, told apart from a later one of the same pid by its start. */
export interface Door {
  readonly containerId: string;
  readonly pid: number;
  /** Clock ticks since boot, as /proc/<pid>/stat has it. */
  readonly startTime: number;
}

/**
 * The way into a container's namespace by its process; `closed` where this process may not look at it, undefined where there is none.
 * `known`: the container's door before; while its process goes on, nothing but where that is now is asked.
 * Files of /proc are read without a thread, here and below: the kernel makes them up at once, and a hundred containers are four hundred.
 */
export function findDoor(
  containerId: string,
  pid: number,
  known?: Door,
): { readonly namespace: NamespaceId; readonly door: Door } | 'closed' | undefined {
  try {
    const before = known?.pid === pid ? readlinkSync(`/proc/${pid}/ns/net`) : undefined;
    const startTime = startTimeOf(pid);
    if (known !== undefined && before !== undefined && known.startTime === startTime)
      return { namespace: before, door: known };
    const namespace = readlinkSync(`/proc/${pid}/ns/net`);
    if (startTime === undefined || !isOfContainer(pid, containerId)) return undefined;
    if (startTimeOf(pid) !== startTime) return undefined;
    return { namespace, door: { containerId, pid, startTime } };
  } catch (error) {
    if (isForbidden(error) && startTimeOf(pid) !== undefined) return 'closed';
    unlessGone(error, pid);
    return undefined;
  }
}

/** A handle of the namespace, where the door still leads to it. */
export function openDoor(id: NamespaceId, door: Door): number | undefined {
  const handle = openNamespaceFile(door.pid);
  if (handle === undefined) return undefined;
  try {
    const same =
      `net:[${fstatSync(handle).ino}]` === id &&
      startTimeOf(door.pid) === door.startTime &&
      isOfContainer(door.pid, door.containerId);
    if (same) return handle;
  } catch (error) {
    closeSync(handle);
    unlessGone(error);
    return undefined;
  }
  closeSync(handle);
  return undefined;
}

function openNamespaceFile(pid: number): number | undefined {
  try {
    return openSync(`/proc/${pid}/ns/net`, 'r');
  } catch (error) {
    unlessGone(error, pid);
    return undefined;
  }
}

/** Field 22 of /proc/<pid>/stat; the program's name before it may hold spaces and brackets. */
export function startTimeOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  } catch (error) {
    unlessGone(error);
    return undefined;
  }
}

/** Where the control groups name containers at all, this one must be among them: the pid could be another's by now. */
function isOfContainer(pid: number, containerId: string): boolean {
  const groups = readFileSync(`/proc/${pid}/cgroup`, 'latin1');
  const named = groups.match(/[0-9a-f]{64}/g);
  return named === null || named.includes(containerId);
}

/**
 * Throws the error on, unless it says that the process has ended: of one that ends between being found in /proc and being asked for its
 * namespace the kernel says EACCES (proc_ns_readlink in fs/proc/namespaces.c).
 */
function unlessGone(error: unknown, pid?: number): void {
  const code = codeOf(error);
  if (code === 'ENOENT' || code === 'ESRCH') return;
  if (pid === undefined || !isForbidden(error) || startTimeOf(pid) !== undefined) throw error;
}

/** Looking at a process needs its user and all of its capabilities, or CAP_SYS_PTRACE: see ptrace(2), PTRACE_MODE_READ_FSCREDS. */
function isForbidden(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'EACCES' || code === 'EPERM';
}
