import { isNetwrightError } from '../errors.ts';
import type { Host } from '../host/host.ts';
import type { Place } from '../host/place.ts';
import { parseSets } from '../ipset/parse.ts';
import { renderSaves } from '../ipset/render.ts';
import type { ObservedSet } from '../model/sets.ts';

/**
 * Our sets in this namespace, also where the kernel turned out not to take new ones; none without the tool. `onAsked` is called once the
 * program that prints them is at work, which takes a while where they are large.
 */
export async function observeSets(
  host: Host,
  place: Place,
  signal: AbortSignal,
  onAsked?: () => void,
): Promise<readonly ObservedSet[]> {
  if (!host.facts.sets && host.facts.setsRefused === undefined) return [];
  try {
    return await saved(host, place, signal, onAsked);
  } catch (error) {
    if (!isNetwrightError(error)) throw error;
    signal.throwIfAborted();
    host.giveUpSets(error.message);
    return [];
  }
}

/** By name and at once: what other programs keep in sets may be large, and is none of our business. */
async function saved(
  host: Host,
  place: Place,
  signal: AbortSignal,
  onAsked?: () => void,
): Promise<readonly ObservedSet[]> {
  const { ownership } = host;
  const read = async (): Promise<string> => {
    const names = (await place.run(['ipset', 'list', '-name'], { signal })).split('\n');
    const ours = names.filter((name) => ownership.ownsSet(name));
    if (ours.length === 0) return '';
    const input = `${renderSaves(ours, ownership).join('\n')}\n`;
    const asked = place.run(['ipset', 'restore'], { input, signal });
    onAsked?.();
    return await asked;
  };
  try {
    return parseSets(await read(), ownership);
  } catch (error) {
    if (!isNetwrightError(error, 'COMMAND_FAILED')) throw error;
    // One of them was taken away in between.
    return parseSets(await read(), ownership);
  }
}
