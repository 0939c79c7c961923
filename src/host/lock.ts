import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { NetwrightError } from '../errors.ts';
import { isInstanceName, type Ownership, ownership as ownershipOf } from '../model/ownership.ts';
import { listenOnce, speakOnce } from './speak-once.ts';

/** Who holds a lock, in its own words. */
export interface Holder {
  /** As counted in the holder's own pid namespace. */
  readonly pid: number;
  readonly hostname: string;
  /** `watch`, `apply` or `destroy`. */
  readonly command: string;
  /** ISO 8601, UTC. */
  readonly since: string;
  readonly version: string;
}

/** Held until it is released or the process ends, however it ends: the kernel takes the socket back. */
export interface Lock {
  release(): Promise<void>;
}

export interface LockOptions {
  /** How long to wait for another command; a daemon is never waited for. */
  readonly waitMs: number;
  readonly signal?: AbortSignal;
  /** What to do when a daemon holds it. */
  readonly daemonHint?: string;
}

const retryMs = 100;
const listening = { milliseconds: 1000, limit: 4096 };

/**
 * Keeps everybody else of this instance on this host from changing anything; LOCKED names who holds it.
 * An abstract unix socket (unix(7)) belongs to the network namespace, so it is seen from every container that shares the host's.
 */
export async function acquireLock(
  ownership: Ownership,
  self: Pick<Holder, 'command' | 'version'>,
  options: LockOptions,
): Promise<Lock> {
  const holder: Holder = { pid: process.pid, hostname: hostname(), ...self, since: new Date().toISOString() };
  const path = pathOf(ownership);
  const deadline = Date.now() + options.waitMs;
  for (;;) {
    options.signal?.throwIfAborted();
    try {
      const server = await speakOnce(path, () => `${JSON.stringify(holder)}\n`);
      return { release: () => new Promise((resolve) => server.close(() => resolve())) };
    } catch (error) {
      if (!isInUse(error)) throw error;
    }
    const other = await listenOnce(path, listening);
    const known = other === undefined ? undefined : parseHolder(other);
    if (known?.command === 'watch' || Date.now() >= deadline) throw locked(ownership, known, options);
    await sleep(retryMs, undefined, options.signal === undefined ? {} : { signal: options.signal });
  }
}

/** Who holds the lock now: `unknown` when somebody does and does not say who. */
export async function lockHolder(ownership: Ownership): Promise<Holder | 'unknown' | undefined> {
  const said = await listenOnce(pathOf(ownership), listening);
  return said === undefined ? undefined : (parseHolder(said) ?? 'unknown');
}

/** The instances whose lock is held on this host, by name, in order. */
export async function lockedInstances(): Promise<readonly string[]> {
  const sockets = await readFile('/proc/net/unix', 'latin1');
  const names = [...sockets.matchAll(/ @netwright\.([a-z0-9]{1,8})\.lock@*$/gm)].map(([, name = '']) => name);
  return [...new Set(names)].sort();
}

/** Rejects with LOCKED while an instance is at work whose routes cannot be told from those of this one. */
export async function refuseRivals({ instance, routeProtocol }: Ownership): Promise<void> {
  const others = (await lockedInstances()).filter((name) => name !== instance && isInstanceName(name));
  const rival = others.find((name) => ownershipOf(name).routeProtocol === routeProtocol);
  if (rival === undefined) return;
  const message = `instance ${rival} is at work on this host, and its routes cannot be told from those of instance ${instance}: both names lead to route protocol ${routeProtocol}`;
  throw new NetwrightError('LOCKED', message, {
    hint: 'give this instance another name by NETWRIGHT_INSTANCE',
  });
}

/** The name's whole length counts, and Node has padded it with NULs to the end in some versions and not in others: so it is full. */
function pathOf({ instance }: Ownership): string {
  return `\0${`netwright.${instance}.lock`.padEnd(107, '\0')}`;
}

function locked(
  { instance }: Ownership,
  holder: Holder | undefined,
  { daemonHint }: LockOptions,
): NetwrightError {
  const daemon = holder?.command === 'watch';
  const who = holder === undefined ? 'somebody who does not say who' : describeHolder(holder);
  const hint = daemon
    ? (daemonHint ?? 'it applies every edit of the file by itself; stop it to do this by hand')
    : 'wait until it has ended, or give this one another name by NETWRIGHT_INSTANCE';
  return new NetwrightError('LOCKED', `instance ${instance} is at work on this host already: ${who}`, {
    hint,
  });
}

/** One holder for a person to find: its pid is of its own pid namespace. */
export function describeHolder({ command, pid, hostname: host, version, since }: Holder): string {
  return `netwright ${command} ${version}, pid ${pid} there, on ${host}, since ${since}`;
}

function parseHolder(line: string): Holder | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isHolder(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isHolder(value: unknown): value is Holder {
  if (typeof value !== 'object' || value === null) return false;
  const fields = value as Partial<Record<keyof Holder, unknown>>;
  return (
    typeof fields.pid === 'number' &&
    [fields.hostname, fields.command, fields.since, fields.version].every(
      (field) => typeof field === 'string',
    )
  );
}

function isInUse(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}
