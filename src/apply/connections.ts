import { deletionOf } from '../conntrack/alike.ts';
import { endedBy } from '../conntrack/ended.ts';
import type { Flow } from '../conntrack/flow.ts';
import { Kinds } from '../conntrack/kinds.ts';
import { isNetwrightError } from '../errors.ts';
import { mapBounded } from '../host/bounded.ts';
import type { Host } from '../host/host.ts';
import { enter, type Place } from '../host/place.ts';
import type { CutConnections } from '../model/rules-operations.ts';
import { readSurroundings } from './surroundings.ts';

/** Each is one process and one look through the kernel's whole table; more at once gain nothing on the machines we know. */
const deletionsAtOnce = 4;

/** Ends the connections that lost their permission; one that ended by itself is as good. */
export async function cutConnections(
  host: Host,
  operation: CutConnections,
  signal: AbortSignal,
): Promise<void> {
  try {
    await enter(host, operation.namespace, (place) => cutIn(place, host, operation, signal));
  } catch (error) {
    // The connections of a container that stopped ended with it.
    if (!isNetwrightError(error, 'NAMESPACE_GONE')) throw error;
  }
  await host.uncut.end(operation);
}

async function cutIn(
  place: Place,
  { ownership }: Host,
  operation: CutConnections,
  signal: AbortSignal,
): Promise<void> {
  const { family } = operation;
  const kinds = new Kinds(family);
  const [surroundings] = await Promise.all([
    readSurroundings(place, family, ownership, signal),
    place.run(['conntrack', '-L', '-f', `ipv${family}`], { signal, onLine: (line) => kinds.read(line) }),
  ]);
  const entries = {
    forward: ownership.chain('FORWARD'),
    input: ownership.chain('INPUT'),
    output: ownership.chain('OUTPUT'),
    prerouting: ownership.chain('PREROUTING'),
  };
  const ended = endedBy(kinds.list(), operation, entries, surroundings);
  await mapBounded(ended, deletionsAtOnce, (flow) => end(place, flow, signal));
}

/** In ms. Of thousands that end by themselves within a second, one mostly does just while the tool deletes it (measured: 8 times in a row). */
const longestEnding = 10_000;

async function end(place: Place, flow: Flow, signal: AbortSignal): Promise<void> {
  for (const began = performance.now(); ; ) {
    try {
      // It prints every one that it deletes.
      await place.run(['conntrack', ...deletionOf(flow)], { signal, onLine: () => undefined });
      return;
    } catch (error) {
      if (!isNetwrightError(error, 'COMMAND_FAILED')) throw error;
      if (isNone(error.message)) return;
      if (!endedMeanwhile.test(error.message) || performance.now() - began > longestEnding) throw error;
    }
  }
}

/** One that was found had ended when it was to be deleted, at which the tool gives up, others like it undeleted (conntrack.c). */
const endedMeanwhile = /such conntrack doesn't exist/;

/** The tool takes it for a failure that there was nothing to delete. */
function isNone(said: string): boolean {
  return said.endsWith(' 0 flow entries have been deleted.');
}
