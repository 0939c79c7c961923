import { isNetwrightError, NetwrightError } from '../errors.ts';
import type { Host } from '../host/host.ts';
import type { Place } from '../host/place.ts';
import { renderRemove, renderUpdate } from '../ipset/render.ts';
import type { RemoveSet, UpdateSet } from '../model/rules-operations.ts';
import type { SetElement } from '../model/sets.ts';
import { change } from './change.ts';

/** More elements than this are not refused one by one: it is the set then that the kernel does not take. */
const mostRefused = 20;

/** Changes a set in one go; an element that the kernel refuses does not cost the others. A kernel that takes no such set is not asked again. */
export async function updateSet(host: Host, operation: UpdateSet, signal: AbortSignal): Promise<void> {
  await change(host, operation.namespace, async (place) => {
    const refused: string[] = [];
    let rest = operation;
    for (;;) {
      const lines = renderUpdate(rest, host.ownership);
      const error = await failureOf(restore(place, lines, signal));
      if (error === undefined) break;
      const element = elementOf(lines, error, rest.add);
      if (element === undefined || refused.length === mostRefused) throw givenUp(host, operation, error);
      refused.push(`${element.comment ?? element.entry}: ${error.message}`);
      rest = { ...rest, add: rest.add.filter((other) => other !== element) };
    }
    if (refused.length === 0) return;
    const message = `the kernel refuses ${refused.join('; ')}; all else in the set is in force`;
    throw new NetwrightError('COMMAND_FAILED', message);
  });
}

/** Takes a set away; one that is gone already is removed. */
export async function removeSet(host: Host, operation: RemoveSet, signal: AbortSignal): Promise<void> {
  const lines = renderRemove(operation.set, host.ownership);
  await change(host, operation.namespace, (place) => restore(place, lines, signal));
}

async function restore(place: Place, lines: readonly string[], signal: AbortSignal): Promise<void> {
  await place.run(['ipset', 'restore'], { input: `${lines.join('\n')}\n`, signal });
}

async function failureOf(asked: Promise<void>): Promise<NetwrightError | undefined> {
  try {
    await asked;
    return undefined;
  } catch (error) {
    if (isNetwrightError(error)) return error;
    throw error;
  }
}

/** The element in the line that the tool names; undefined when it was another line, or none. */
function elementOf(
  lines: readonly string[],
  error: NetwrightError,
  added: readonly SetElement[],
): SetElement | undefined {
  const number = /Error in line ([0-9]+):/.exec(error.message)?.[1];
  if (number === undefined) return undefined;
  const first = lines.findIndex((line) => line.startsWith('add '));
  return first === -1 ? undefined : added[Number(number) - 1 - first];
}

/** What fails on a set that is there already may be a matter of the moment. */
function givenUp(host: Host, operation: UpdateSet, error: NetwrightError): NetwrightError {
  const isTaken = /same name already exists|in use by a kernel component/.test(error.message);
  if (operation.how === 'change' || isTaken) return error;
  host.giveUpSets(error.message);
  return error;
}
