import type { FormerSysctl } from '../host/former-sysctls.ts';
import type { Place } from '../host/place.ts';
import type { Question } from '../host/questions.ts';
import { readingSysctls, readSysctls } from '../host/sysctl.ts';
import type { DesiredNamespace } from '../model/desired.ts';
import type { Interface, NamespaceState } from '../model/namespace.ts';
import { interfaceOf } from '../model/sysctl.ts';

type FormerSysctls = ReadonlyMap<string, FormerSysctl>;

/** The sysctls that the file names or that we changed, as they are now. */
export async function observeSysctls(
  place: Place,
  desired: DesiredNamespace | undefined,
  former: FormerSysctls,
  signal: AbortSignal,
): Promise<NamespaceState['sysctls']> {
  return await readSysctls(place, keysOf(desired, former), signal);
}

/** What they were before; of an interface that is gone nothing, though another one has its name. */
export function formerValues(
  former: FormerSysctls,
  interfaces: readonly Interface[],
): NamespaceState['formerSysctls'] {
  const isLiving = (key: string, index: number | undefined) =>
    index === undefined || interfaces.some((each) => each.index === index && each.name === interfaceOf(key));
  return new Map(
    [...former].flatMap(([key, { value, interfaceIndex }]) =>
      isLiving(key, interfaceIndex) ? [[key, value] as const] : [],
    ),
  );
}

/** What is asked for this in a container. */
export function sysctlQuestions(
  desired: DesiredNamespace | undefined,
  former: FormerSysctls | undefined,
): readonly Question[] {
  const argv = readingSysctls(keysOf(desired, former));
  return argv === undefined ? [] : [{ argv }];
}

function keysOf(desired: DesiredNamespace | undefined, former: FormerSysctls = new Map()): readonly string[] {
  return [...new Set([...(desired?.sysctls ?? []).map(({ key }) => key), ...former.keys()])];
}
