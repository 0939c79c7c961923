import type { Config, PolicyEntry } from '../model/config.ts';
import type { Notice } from '../model/notice.ts';
import { titleText } from '../model/ruleset.ts';
import { resolveDnat } from './dnat.ts';
import { resolveForward } from './forward.ts';
import type { Course } from './known-policies.ts';
import { resolveMasquerade } from './masquerade.ts';
import type { NameResolver, Peer } from './names.ts';
import { placesOf, selectsPlace } from './placed.ts';
import type { Resolving } from './resolved-policy.ts';
import { rememberStops, type Stops } from './stops.ts';
import { policyTitle, targetNames } from './titles.ts';

/** Turns every policy into rules where they belong; what cannot be done is told and does not stop the others (H30). */
export function resolvePolicies(config: Config, resolving: Resolving, course?: Course): readonly Notice[] {
  const stops = rememberStops();
  const notices: Notice[] = [];
  const noted = course === undefined ? resolving : { ...resolving, into: course.into };
  for (const policy of config.policies) {
    if (course?.again(policy) === true) continue;
    const title = policyTitle(policy);
    const told = resolvePolicy(policy, title, noted, stops);
    for (const notice of told) notices.push({ subject: titleText(title), origin: policy.origin, ...notice });
    course?.resolved(policy, told.length === 0);
  }
  return notices;
}

const resolveNat = { dnat: resolveDnat, masquerade: resolveMasquerade } as const;

type Telling = Pick<Notice, 'kind' | 'message' | 'hint'>;

function resolvePolicy(
  policy: PolicyEntry,
  title: string,
  { names, boundary, facts, into }: Resolving,
  stops: Stops,
): readonly Telling[] {
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
  const perform = policy.nat === undefined ? resolveForward : resolveNat[policy.nat];
  for (const { place, container } of places) {
    const problem = perform({
      policy,
      title,
      place,
      container,
      sources: policy.from === undefined ? undefined : sources.peers,
      targets: targets.peers,
      stops,
      names,
      boundary,
      facts,
      into,
    });
    if (problem !== undefined) told.push({ kind: 'refused', message: problem });
  }
  return told;
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
  if (namesGiven === undefined) return nobody;
  const [only] = namesGiven;
  // Nearly every policy names one, thousands of times the same.
  if (namesGiven.length === 1 && only !== undefined && only !== 'host') {
    const resolution = names.peers(only);
    if ('peers' in resolution && resolution.peers.length > 0)
      return { peers: resolution.peers, told: [], wanting: false };
  }
  const peers: Peer[] = [];
  const told: Telling[] = [];
  for (const name of namesGiven) {
    if (name === 'host' && isHostFiltered) {
      peers.push({ family: 4, isHost: true }, { family: 6, isHost: true });
      continue;
    }
    const resolution = names.peers(name);
    if ('peers' in resolution) peers.push(...resolution.peers);
    else told.push({ kind: resolution.kind, message: resolution.unresolved });
  }
  return { peers, told, wanting: peers.length === 0 };
}

const nobody: LookedUp = { peers: [], told: [], wanting: false };
