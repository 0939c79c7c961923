import type { Host } from '../host/host.ts';
import { readSysctls, writeSysctl } from '../host/sysctl.ts';
import type { SetSysctl } from '../model/plan.ts';
import { change } from './change.ts';

/**
 * Sets the sysctl; what it was is on disk before the kernel has the new value, and off it only after the kernel has the old, or
 * has no such sysctl any more because its interface is gone.
 */
export async function setSysctl(host: Host, operation: SetSysctl, signal: AbortSignal): Promise<void> {
  const { namespace, key, value, former } = operation;
  const { formerSysctls } = host;
  await change(host, namespace, async (place) => {
    const has = former === 'keep' ? value : ((await readSysctls(place, [key], signal)).get(key) ?? null);
    if (former === 'remember' && has !== null) await formerSysctls.remember(namespace, key, has);
    if (former !== 'restore' || has !== null) await writeSysctl(place, key, value, signal);
    if (former === 'restore') await formerSysctls.forget(namespace, key);
  });
}
