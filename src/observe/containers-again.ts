import { mapBounded } from '../host/bounded.ts';
import type { Host } from '../host/host.ts';
import { linkedAbort } from '../host/linked-abort.ts';
import type { ContainerState, Inventory } from '../model/inventory.ts';
import { type InspectedContainer, inspectedAtOnce, locateContainers, readContainer } from './containers.ts';
import { observeLinkAddresses } from './link-addresses.ts';

/** Containers that something happened to, and which of them may be about to start. */
export interface Asked {
  readonly containers: ReadonlySet<string>;
  readonly mayBeStarting: ReadonlySet<string>;
  /** What the engine has said of some of them since that happened. */
  readonly known: ReadonlyMap<string, unknown>;
  /** Fires when others wait who have started by now. */
  readonly hurry: AbortSignal;
}

/** How long an engine is asked about a container that may be about to start, in ms: it may not answer before that. */
const patience = 150;

/**
 * The inventory with these containers as they are now, new ones too, and without those that are gone; all else is taken to be as it was,
 * and so is what may be about to start and of which the engine does not speak yet.
 */
export async function withContainersAgain(
  host: Host,
  before: Inventory,
  { containers: named, mayBeStarting, known: said, hurry }: Asked,
  signal: AbortSignal,
): Promise<Inventory> {
  const { engine, ownership } = host;
  const context = { kind: engine.kind, networks: before.networks, ownership };
  const certain = [...named].filter((id) => !mayBeStarting.has(id));
  const [told, soonTold] = await Promise.all([
    mapBounded(certain, inspectedAtOnce, async (id) => ({
      id,
      answer: said.has(id) ? said.get(id) : await engine.inspectContainer(id, signal),
    })),
    inspectIfSoon(host, [...mayBeStarting], hurry, signal),
  ]);
  const answered = [...told, ...soonTold];
  const ids = new Set(answered.map(({ id }) => id));
  const again = new Map(
    answered
      .flatMap(({ answer }) => (answer === undefined ? [] : (readContainer(answer, context) ?? [])))
      .map((container) => [container.id, container]),
  );
  const known = new Set(before.containers.map(({ id }) => id));
  const containers = [
    // The engine lists the newest first.
    ...[...again.values()].filter(({ id }) => !known.has(id)),
    ...before.containers.flatMap((container) =>
      ids.has(container.id) ? (again.get(container.id) ?? []) : unlocated(container),
    ),
  ];
  const located = locateContainers(host, containers);
  const looked = await observeLinkAddresses(
    host,
    located.filter(({ id }) => ids.has(id)),
    signal,
  );
  const byId = new Map(looked.map((container) => [container.id, container]));
  return { ...before, containers: located.map((container) => byId.get(container.id) ?? container) };
}

interface Answered {
  readonly id: string;
  /** Undefined: it is gone. */
  readonly answer: unknown;
}

/** Without those of which there was no answer in time. */
async function inspectIfSoon(
  { engine }: Host,
  ids: readonly string[],
  hurry: AbortSignal,
  signal: AbortSignal,
): Promise<readonly Answered[]> {
  const stop = linkedAbort(signal, hurry);
  const timer = setTimeout(stop.abort, patience);
  try {
    const told = await mapBounded(ids, ids.length, async (id) => {
      try {
        return [{ id, answer: await engine.inspectContainer(id, stop.signal) }];
      } catch (error) {
        if (!stop.signal.aborted) throw error;
        return [];
      }
    });
    signal.throwIfAborted();
    return told.flat();
  } finally {
    clearTimeout(timer);
    stop.release();
  }
}

/** The engine does not say where it is. */
function unlocated(container: ContainerState): InspectedContainer {
  const { namespace, ...inspected } = container;
  return namespace === undefined ? container : inspected;
}
