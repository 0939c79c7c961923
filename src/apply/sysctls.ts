import { NetwrightError } from '../errors.ts';
import type { Host } from '../host/host.ts';
import { interfaceIndex as indexNow } from '../host/interface-index.ts';
import type { Place } from '../host/place.ts';
import type { Question } from '../host/questions.ts';
import { readSysctls, writeSysctl, writingSysctl } from '../host/sysctl.ts';
import type { SetSysctl } from '../model/routing-operations.ts';
import { interfaceOf } from '../model/sysctl.ts';
import { change } from './change.ts';

/**
 * Sets the sysctl; what it was is on disk before the kernel has the new value, and off it only after the kernel has the old, or
 * has no such sysctl any more because its interface is gone.
 */
export async function setSysctl(host: Host, operation: SetSysctl, signal: AbortSignal): Promise<void> {
  const { namespace, key, value, former, interfaceIndex } = operation;
  const { formerSysctls } = host;
  await change(host, namespace, async (place) => {
    const index = await confirmInterface(place, key, interfaceIndex);
    const has = former === 'keep' ? value : ((await readSysctls(place, [key], signal)).get(key) ?? null);
    if (former === 'remember' && has !== null) await formerSysctls.remember(namespace, key, has, index);
    if (former !== 'restore' || has !== null) await writeSysctl(place, key, value, signal);
    if (former === 'restore') await formerSysctls.forget(namespace, key);
  });
}

/**
 * The program that sets it in a container, what it was kept already; undefined where that takes more than what was seen. Rejects where
 * it is not to be set any more.
 */
export async function settingSysctl(
  host: Host,
  place: Place,
  { namespace, key, value, former, was, interfaceIndex }: SetSysctl,
): Promise<Question | undefined> {
  if (former === 'restore' || (former === 'remember' && was === undefined)) return undefined;
  const index = await confirmInterface(place, key, interfaceIndex);
  if (was !== undefined && former === 'remember')
    await host.formerSysctls.remember(namespace, key, was, index);
  return writingSysctl(key, value);
}

/** The interface's index now. What the sysctl of the interface of that index was is not what that of the next one was made with. */
async function confirmInterface(
  place: Place,
  key: string,
  index: number | undefined,
): Promise<number | undefined> {
  const name = interfaceOf(key);
  if (name === undefined) return undefined;
  const now = (await indexNow(place, name)) ?? index;
  if (index !== undefined && now !== index)
    throw new NetwrightError('COMMAND_FAILED', `${name} was made again meanwhile`);
  return now;
}
