import type { Config, PolicyEntry } from '../model/config.ts';
import { titleText } from '../model/ruleset.ts';
import type { ContainerState, Notice } from '../model/state.ts';
import { resolveDnat } from './dnat.ts';
import { resolveForward } from './forward.ts';
import { resolveMasquerade } from './masquerade.ts';
import type { NameResolver, Peer } from './names.ts';
import { host, type Place, placeOf, whyNowhere } from './namespaces.ts';
import type { ResolvedPolicy, Resolving } from './resolved-policy.ts';
import { rememberStops } from './stops.ts';
import { policyTitle, targetNames } from './titles.ts';

/** Turns every policy into rules where they belong; what cannot be done is told and does not stop the others (H30). */
export function resolvePolicies(config: Config, resolving: Resolving): readonly Notice[] {
  const stops = rememberStops();
  return config.policies.flatMap((policy) => {
    const title = policyTitle(policy);
    const told = resolvePolicy(policy, title, { ...resolving, stops });
    return told.map((notice) => ({ subject: titleText(title), origin: policy.origin, ...notice }));
  });
}

type Telling = Pick<Notice, 'kind' | 'message' | 'hint'>;

function resolvePolicy(
  policy: PolicyEntry,
  title: string,
  resolving: Resolving & Pick<ResolvedPolicy, 'stops'>,
): readonly Telling[] {
  const { names, boundary } = resolving;
  const isForward = policy.nat === undefined && (policy.in === undefined || policy.in === 'host');
  const sources = lookUpAll(policy.from, names, isForward && boundary.guardsIngress(undefined));
  const targets = lookUpAll(
    selectsPlace(policy) ? policy.to : targetNames(policy),
    names,
    isForward && boundary.guardsHost(undefined),
  );
  const told: Telling[] = [...sources.told, ...targets.told];
  if (sources.wanting || targets.wanting) return told;
  const { places, told: toldOfPlaces } = placesOf(policy, names);
  told.push(...toldOfPlaces);
  const work = { nat: { dnat: resolveDnat, masquerade: resolveMasquerade }, forward: resolveForward };
  const perform = policy.nat === undefined ? work.forward : work.nat[policy.nat];
  for (const { place, container } of places) {
    const problem = perform({
      policy,
      title,
      place,
      ...(container !== undefined && { container }),
      ...(policy.from !== undefined && { sources: sources.peers }),
      targets: targets.peers,
      ...resolving,
    });
    if (problem !== undefined) told.push({ kind: 'refused', message: problem });
  }
  return told;
}

/** A DNAT that names neither an interface nor a place is inside the container that its selector names. */
function selectsPlace({ nat, iface, in: place }: PolicyEntry): boolean {
  return nat === 'dnat' && iface === undefined && place === undefined;
}

interface LookedUp {
  readonly peers: readonly Peer[];
  readonly told: readonly Telling[];
  /** Names were given and none of them means anything yet. */
  readonly wanting: boolean;
}

/** The host is somebody to speak of only where a network is closed to it, or it to a network. */
function lookUpAll(
  namesGiven: readonly string[] | undefined,
  names: NameResolver,
  isHostFiltered: boolean,
): LookedUp {
  const peers: Peer[] = [];
  const told: Telling[] = [];
  for (const name of namesGiven ?? []) {
    if (name === 'host' && isHostFiltered) {
      peers.push({ family: 4, isHost: true }, { family: 6, isHost: true });
      continue;
    }
    const resolution = names.peers(name);
    if ('peers' in resolution) peers.push(...resolution.peers);
    else told.push({ kind: resolution.kind, message: resolution.unresolved });
  }
  return { peers, told, wanting: namesGiven !== undefined && peers.length === 0 };
}

interface Placed {
  readonly place: Place;
  readonly container?: ContainerState;
}

/** `in` says it outright; all that neither says nor selects a place is on the host. */
function placesOf(
  policy: PolicyEntry,
  names: NameResolver,
): { readonly places: readonly Placed[]; readonly told: readonly Telling[] } {
  const inside =
    policy.in ??
    (selectsPlace(policy) ? (policy.selector ?? policy.containerName ?? policy.serviceName) : undefined);
  if (inside === undefined || inside === 'host') return { places: [{ place: host }], told: [] };
  const containers = names.containers(inside);
  if (containers.length === 0) {
    return { places: [], told: [{ kind: 'waiting', message: `no container is called ${inside} yet` }] };
  }
  const places: Placed[] = [];
  const told: Telling[] = [];
  for (const container of containers) {
    const place = placeOf(container);
    places.push(place === host ? { place } : { place, container });
    // What the host needs for it is put there all the same, so that a restart changes nothing on the host.
    if (container.namespace === undefined) told.push(whyNowhere(container));
  }
  return { places, told };
}
