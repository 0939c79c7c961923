import { readFile } from 'node:fs/promises';
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
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
  const names: readonly Capability[] = ['NET_ADMIN', 'SYS_ADMIN'];
  return names.filter((name) => (effective & (1n << needed[name])) === 0n);
}

/** Throws NOT_PRIVILEGED unless this process may change the network; to be called before any change. */
export async function requirePrivileges(): Promise<void> {
  const missing = await missingCapabilities();
  if (missing.length === 0) return;
  const names = missing.map((name) => `CAP_${name}`).join(' and ');
  throw new NetwrightError('NOT_PRIVILEGED', `changing the network needs ${names}`, {
    hint: `Run as root; in a container add: ${missing.map((name) => `--cap-add ${name}`).join(' ')}`,
  });
}
