import type { Config, DiscoveryEntry } from '../model/config.ts';
import type { WarmUp } from '../model/desired.ts';
import type { Inventory } from '../model/inventory.ts';
import type { Notice } from '../model/notice.ts';
import { titleText } from '../model/ruleset.ts';
import { type Claims, claimsOfPolicy, noClaims } from './claims.ts';
import { lead } from './labelled-dnat.ts';
import { markPublished, publishedBeside } from './marks.ts';
import { type Placed, placesNamed, placesOf } from './placed.ts';
import { type LabelledPort, readPortLabel } from './port-label.ts';
import type { Home, Resolving, Tell } from './resolved-policy.ts';
import { policyTitle } from './titles.ts';
import { warmUpsOf } from './warm-ups.ts';
import { byAge, labelOf, type Watched, watchedBy } from './watched.ts';

interface Discovered {
  readonly notices: readonly Notice[];
  readonly warmUps: readonly WarmUp[];
}

/** An entry whose network and namespaces are there. */
interface Scope {
  readonly entry: DiscoveryEntry;
  readonly home: Home;
  readonly places: readonly Placed[];
}

/**
 * What the labels and published ports of running containers ask for, as the rules that policies would be. A port belongs to the
 * file's own policy, else to the oldest container that claims it; whoever else does is told so, and his other ports work.
 */
export function resolveDiscovery(config: Config, inventory: Inventory, resolving: Resolving): Discovered {
  const notices = new Map<string, Notice>();
  const tell: Tell = (notice) => {
    notices.set(`${notice.subject}: ${notice.message}`, notice);
  };
  const scopes = config.discovery.flatMap((entry) => scopeOf(entry, config, inventory, resolving, tell));
  const claimsIn = scopes.length === 0 ? noClaims : claimsByPlace(config, resolving);
  const warmUps: WarmUp[] = [];
  for (const container of byAge(inventory)) {
    for (const scope of scopes) {
      const { entry, places } = scope;
      const watched = watchedBy(
        { ...entry, network: scope.home.network },
        container,
        inventory,
        resolving.names,
      );
      if (watched === undefined) continue;
      if ('message' in watched) {
        tell({ subject: container.name, origin: entry.origin, ...watched });
        continue;
      }
      const ports = readPorts(watched, entry, tell);
      const { mark } = entry;
      const marked = mark === undefined ? [] : publishedBeside(container, ports);
      // What leads to itself would never arrive.
      const around = places.filter(({ place }) => place.id !== container.namespace);
      for (const placed of around) {
        for (const port of ports)
          lead(watched, port, { entry, home: scope.home, placed, claims: claimsIn(placed), resolving, tell });
        if (mark !== undefined)
          markPublished(
            { entry, mark, home: scope.home, watched, place: placed.place },
            marked,
            inventory,
            resolving,
          );
      }
      if (entry.warmUp) warmUps.push(...warmUpsOf(watched, ports, marked, around));
    }
  }
  return { notices: [...notices.values()], warmUps };
}

function scopeOf(
  entry: DiscoveryEntry,
  config: Config,
  { networks }: Inventory,
  { names }: Resolving,
  tell: Tell,
): readonly Scope[] {
  const about = { subject: `discovery in ${entry.network}`, origin: entry.origin };
  const live = networks.find(({ name }) => name === entry.network);
  const declared =
    config.networks.find(({ name }) => name === entry.network) ??
    (live === undefined ? config.networks.find(({ key }) => key === entry.network) : undefined);
  const known = declared ?? live;
  if (known === undefined) {
    tell({ ...about, kind: 'waiting', message: `no network is called ${entry.network} yet` });
    return [];
  }
  const { places, told } = placesNamed(entry.in, names);
  for (const telling of told) tell({ ...about, ...telling });
  const home = { network: known.name, subnets: known.subnets.map(({ subnet }) => subnet) };
  return places.length === 0 ? [] : [{ entry, home, places }];
}

/** The claims of each namespace, those of the file's own policies first. */
function claimsByPlace({ policies }: Config, { names }: Resolving): (placed: Placed) => Claims {
  const claims = new Map<string, Claims>();
  const claimsIn = ({ place }: Placed): Claims => {
    const key = place.id || place.name;
    const known = claims.get(key) ?? noClaims();
    claims.set(key, known);
    return known;
  };
  for (const policy of policies) {
    if (policy.nat !== 'dnat') continue;
    const made = claimsOfPolicy(policy, `the file's policy ${titleText(policyTitle(policy))}`);
    for (const placed of placesOf(policy, names).places)
      for (const claim of made) claimsIn(placed).take(claim);
  }
  return claimsIn;
}

function readPorts(
  { container }: Watched,
  { dnatLabel, origin }: DiscoveryEntry,
  tell: Tell,
): readonly LabelledPort[] {
  const { ports, faults } = readPortLabel(labelOf(container, dnatLabel) ?? '');
  const hint = 'it is a list such as 80, 443/tcp, 53/udp, 8000-8010, 8080:80';
  for (const fault of faults) {
    const message = `its label ${dnatLabel} asks for what cannot be: ${fault}`;
    tell({ kind: 'warning', subject: container.name, message, hint, origin });
  }
  return ports;
}
