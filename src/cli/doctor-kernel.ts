import { access, constants, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describeHolder, lockedInstances, lockHolder } from '../host/lock.ts';
import { missingCapabilities } from '../host/privileges.ts';
import { sysctlRoots } from '../host/sysctl.ts';
import { type Ownership, ownership } from '../model/ownership.ts';
import type { Check } from './doctor-check.ts';

const forwarding = '/proc/sys/net/ipv4/ip_forward';

/** What the kernel has switched on. */
export async function examineKernel(): Promise<readonly Check[]> {
  const [v4, v6, count, most] = await Promise.all(
    [
      forwarding,
      '/proc/sys/net/ipv6/conf/all/forwarding',
      '/proc/sys/net/netfilter/nf_conntrack_count',
      '/proc/sys/net/netfilter/nf_conntrack_max',
    ].map(readValue),
  );
  return [
    switchCheck(
      'ip_forward',
      v4,
      'IPv4 does not pass between networks; apply switches it on when a policy needs it',
    ),
    switchCheck(
      'IPv6 forwarding',
      v6,
      'IPv6 does not pass between networks; apply switches it on when a policy needs it',
    ),
    count === undefined || most === undefined
      ? {
          area: 'kernel',
          name: 'conntrack',
          state: 'warning',
          found: 'not in use yet',
          cost: 'none where the module can be loaded: the first rule that asks for it does that',
        }
      : { area: 'kernel', name: 'conntrack', state: 'ok', found: `${count} of at most ${most} connections` },
  ];
}

function switchCheck(name: string, value: string | undefined, cost: string): Check {
  if (value === '1') return { area: 'kernel', name, state: 'ok', found: 'on' };
  return { area: 'kernel', name, state: 'warning', found: value === undefined ? 'not there' : 'off', cost };
}

/** What this process may do. */
export async function examinePrivileges(): Promise<readonly Check[]> {
  const area = 'privileges';
  const missing = await missingCapabilities();
  const [own, first, writable] = await Promise.all([namespaceOf('self'), namespaceOf('1'), canSetSysctls()]);
  const checks: Check[] = [
    missing.length === 0
      ? { area, name: 'capabilities', state: 'ok', found: 'NET_ADMIN and SYS_ADMIN' }
      : {
          area,
          name: 'capabilities',
          state: 'missing',
          found: `not ${missing.join(', not ')}`,
          cost: 'nothing can be changed, and rules cannot be read',
          hint: `run as root; in a container add: ${missing.map((name) => `--cap-add ${name}`).join(' ')}`,
        },
    writable
      ? { area, name: 'sysctls', state: 'ok', found: 'writable' }
      : {
          area,
          name: 'sysctls',
          state: 'warning',
          found: 'not writable',
          cost: 'ip_forward and the sysctls of the file cannot be set',
          hint: 'in a container add: --pid host --cap-add SYS_PTRACE',
        },
  ];
  if (own === undefined || first === undefined || own === first) return checks;
  const cost = "rules and routes would be written where the host's packets never come";
  const hint = 'in a container add: --network host';
  return [...checks, { area, name: 'network', state: 'warning', found: 'not that of process 1', cost, hint }];
}

/** Who is at work on this host. */
export async function examineInstances(mine: Ownership): Promise<readonly Check[]> {
  const running = await lockedInstances();
  const others = running.filter((name) => name !== mine.instance);
  return await Promise.all(
    [mine, ...others.map(ownership)].map(async (each): Promise<Check> => {
      const holder = await lockHolder(each);
      const found =
        holder === undefined
          ? 'nobody at work'
          : holder === 'unknown'
            ? 'at work, and does not say who'
            : describeHolder(holder);
      return { area: 'instances', name: each.instance, state: 'ok', found };
    }),
  );
}

async function readValue(path: string): Promise<string | undefined> {
  return await readFile(path, 'latin1').then(
    (text) => text.trim(),
    () => undefined,
  );
}

/** By our own /proc/sys, or through that of process 1 where ours is read-only. */
async function canSetSysctls(): Promise<boolean> {
  for (const root of sysctlRoots) {
    const path = join(root, 'net/ipv4/ip_forward');
    const writable = await access(path, constants.W_OK).then(
      () => true,
      () => false,
    );
    if (writable) return true;
  }
  return false;
}

async function namespaceOf(process: 'self' | '1'): Promise<string | undefined> {
  return await readlink(`/proc/${process}/ns/net`).catch(() => undefined);
}
