import { readFile, readlink } from 'node:fs/promises';
import { NetwrightError } from '../errors.ts';

/** The bits of linux/capability.h. */
const needed = { NET_ADMIN: 12n, SYS_ADMIN: 21n } as const;
export type Capability = keyof typeof needed;

/** The capabilities netwright needs and this process does not have in effect. */
export async function missingCapabilities(): Promise<readonly Capability[]> {
  return capabilitiesMissingIn(await readFile('/proc/self/status', 'latin1'));
}

/** The same, read from the text of a /proc/<pid>/status. */
export function capabilitiesMissingIn(status: string): readonly Capability[] {
  const effective = effectiveIn(status);
  const names: readonly Capability[] = ['NET_ADMIN', 'SYS_ADMIN'];
  return names.filter((name) => (effective & (1n << needed[name])) === 0n);
}

function effectiveIn(status: string): bigint {
  return BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
}

const netBroadcast = 11n;

/** Whether the kernel lets this process listen to the routes of all namespaces at once: CAP_NET_BROADCAST, which no container has unasked. */
export async function mayHearOtherNamespaces(): Promise<boolean> {
  return (effectiveIn(await readFile('/proc/self/status', 'latin1')) & (1n << netBroadcast)) !== 0n;
}

/** Whether this process sees all of the machine's by the pids the kernel itself calls them (PROC_PID_INIT_INO in linux/proc_ns.h). */
export async function isFirstPidNamespace(): Promise<boolean> {
  return (await readlink('/proc/self/ns/pid')) === 'pid:[4026531836]';
}

/** Throws NOT_PRIVILEGED unless this process may change the network as far as it is going to; to be called before any change. */
export async function requirePrivileges(wanted: readonly Capability[]): Promise<void> {
  const missing = (await missingCapabilities()).filter((name) => wanted.includes(name));
  if (missing.length === 0) return;
  const names = missing.map((name) => `CAP_${name}`).join(' and ');
  throw new NetwrightError('NOT_PRIVILEGED', `reading and changing rules needs ${names}`, {
    hint: `Run as root; in a container add: ${missing.map((name) => `--cap-add ${name}`).join(' ')}`,
  });
}
