import { isDeepStrictEqual } from 'node:util';
import type { Desired } from '../model/desired.ts';
import type { ContainerState, EndpointState, Inventory } from '../model/inventory.ts';
import { hostNamespace, type NamespaceId } from '../model/namespace.ts';

/**
 * What follows from an inventory, told by what followed from one that differs in no more than what every start of a container changes:
 * its process, its namespace, and the MAC that the engine gives it. Undefined where anything else differs. What has not moved is the same object.
 */
export function desiredAfterMoves(desired: Desired, before: Inventory, now: Inventory): Desired | undefined {
  if (before === now) return desired;
  const pairs = before.containers.map((container, at) => [container, now.containers[at]] as const);
  const isAsBefore =
    before.containers.length === now.containers.length &&
    isSame(before.networks, now.networks) &&
    isSame(before.keptMembers, now.keptMembers) &&
    // Who may send frames from where is told by MACs.
    pairs.every(([one, other]) => other && isSameButForStart(one, other, desired.frames !== undefined));
  const moves = isAsBefore ? movesOf(before.containers, now.containers) : undefined;
  if (moves === undefined) return undefined;
  const isAnother = pairs.some(
    ([one, other]) => one.pid !== other?.pid || one.namespace !== other?.namespace,
  );
  return isAnother ? moved(desired, moves, now) : desired;
}

function isSame(one: unknown, other: unknown): boolean {
  return one === other || isDeepStrictEqual(one, other);
}

function isSameButForStart(one: ContainerState, other: ContainerState, withMacs: boolean): boolean {
  if (one === other) return true;
  if (kindOfPlace(one) !== kindOfPlace(other)) return false;
  return isDeepStrictEqual(withoutStart(one, withMacs), withoutStart(other, withMacs));
}

function withoutStart(container: ContainerState, withMacs: boolean): unknown {
  const { pid, endpoints } = container;
  return {
    ...container,
    pid: pid === undefined,
    namespace: undefined,
    endpoints: withMacs ? endpoints : endpoints.map(withoutMac),
  };
}

function withoutMac(endpoint: EndpointState): unknown {
  return { ...endpoint, macAddress: undefined };
}

function kindOfPlace({ namespace }: ContainerState): string {
  return namespace === undefined ? 'nowhere' : namespace === hostNamespace ? 'host' : 'inside';
}

/** Namespaces by what they were; undefined unless who shared one with whom still does, and nobody else. */
function movesOf(
  before: readonly ContainerState[],
  now: readonly ContainerState[],
): ReadonlyMap<NamespaceId, NamespaceId> | undefined {
  const moves = new Map<NamespaceId, NamespaceId>();
  for (const [at, { namespace: from }] of before.entries()) {
    const to = now[at]?.namespace;
    if (from === undefined || to === undefined) continue;
    if ((moves.get(from) ?? to) !== to) return undefined;
    moves.set(from, to);
  }
  return new Set(moves.values()).size === moves.size ? moves : undefined;
}

function moved(
  desired: Desired,
  moves: ReadonlyMap<NamespaceId, NamespaceId>,
  { containers }: Inventory,
): Desired {
  const to = (id: NamespaceId): NamespaceId => moves.get(id) ?? id;
  const pids = new Map(containers.map(({ id, pid }) => [id, pid]));
  const { frames } = desired;
  return {
    ...desired,
    namespaces: new Map(
      [...desired.namespaces.values()].map((one) => {
        const id = to(one.id);
        return [id, id === one.id ? one : { ...one, id }];
      }),
    ),
    ...(frames !== undefined && {
      frames: {
        ...frames,
        places: frames.places.map((place) =>
          place.namespace === undefined ? place : { ...place, namespace: to(place.namespace) },
        ),
      },
    }),
    warmUps: desired.warmUps.map((one) => ({
      ...one,
      from: to(one.from),
      containerPid: pids.get(one.containerId) ?? one.containerPid,
    })),
  };
}
