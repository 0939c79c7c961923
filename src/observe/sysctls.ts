import type { Place } from '../host/place.ts';
import { readSysctls } from '../host/sysctl.ts';
import type { DesiredNamespace, NamespaceState } from '../model/state.ts';

export type Sysctls = Pick<NamespaceState, 'sysctls' | 'formerSysctls'>;

/** The sysctls that the file names or that we changed, as they are now. */
export async function observeSysctls(
  place: Place,
  desired: DesiredNamespace | undefined,
  formerSysctls: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<Sysctls> {
  const keys = new Set([...(desired?.sysctls ?? []).map(({ key }) => key), ...formerSysctls.keys()]);
  return { sysctls: await readSysctls(place, [...keys], signal), formerSysctls };
}
