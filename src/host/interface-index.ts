import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Place } from './place.ts';

/** The index that an interface has now, where it is up: /proc/net/igmp lists these, of any namespace, without a process in it. */
export async function interfaceIndex(
  { procNet }: Pick<Place, 'procNet'>,
  name: string,
): Promise<number | undefined> {
  const lines = (await readFile(join(procNet, 'igmp'), 'latin1').catch(() => '')).split('\n');
  for (const line of lines) {
    const [, index, device] = /^(\d+)\s+(\S+)\s*:/.exec(line) ?? [];
    if (device === name) return Number(index);
  }
  return undefined;
}
