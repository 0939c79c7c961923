import { mapBounded } from '../host/bounded.ts';
import type { Host } from '../host/host.ts';
import type { ContainerState, Inventory } from '../model/state.ts';
import { type InspectedContainer, inspectedAtOnce, locateContainers, readContainer } from './containers.ts';
import { observeLinkAddresses } from './link-addresses.ts';

/** The inventory with these containers as they are now, new ones too, and without those that are gone; all else is taken to be as it was. */
export async function withContainersAgain(
  host: Host,
  before: Inventory,
  ids: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<Inventory> {
  const { engine, ownership } = host;
  const context = { kind: engine.kind, networks: before.networks, ownership };
  const inspected = await mapBounded([...ids], inspectedAtOnce, (id) => engine.inspectContainer(id, signal));
  const again = new Map(
    inspected
      .flatMap((answer) => (answer === undefined ? [] : (readContainer(answer, context) ?? [])))
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

/** The engine does not say where it is. */
function unlocated(container: ContainerState): InspectedContainer {
  const { namespace, ...inspected } = container;
  return namespace === undefined ? container : inspected;
}
