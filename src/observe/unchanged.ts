import { isDeepStrictEqual } from 'node:util';
import { isNetwrightError } from '../errors.ts';
import { fieldsOf, listOf, textOf } from '../host/answer.ts';
import type { Host } from '../host/host.ts';
import { enter, type Place } from '../host/place.ts';
import { type Answers, withAnswers } from '../host/questions.ts';
import type { Inventory, NetworkState } from '../model/inventory.ts';
import { hostNamespace, type NamespaceState } from '../model/namespace.ts';
import type { Observed } from '../model/observed.ts';
import { ruleKey } from '../model/rule-key.ts';
import type { ObservedTable } from '../model/ruleset.ts';
import { askEach } from './ask-all.ts';
import { familiesOf } from './families.ts';
import { observeFramesAgain } from './frames.ts';
import { readNetworks } from './networks.ts';
import { readPodmanNetworks } from './podman-networks.ts';
import { observeRouting, type Routing, routingQuestions } from './routing.ts';
import { observeHostTables } from './rulesets.ts';

/** What to look at. */
export interface Glance {
  /** The host's rules, of both families, in the store they were in. */
  readonly rules?: boolean;
  /** The host's interfaces, routes and policy rules. */
  readonly routes?: boolean;
  /** The same in containers where the file or we ourselves have any. */
  readonly inside?: boolean;
  /** Networks, and which containers run, with which addresses in which networks. */
  readonly engine?: boolean;
}

/**
 * Whether what a look once found is still so, at a fraction of its cost: nothing is resolved or planned, and of what may be large or
 * many nothing is read. So this does not see, and a full look does: the elements of sets, sysctls, rules in containers, containers'
 * aliases, MAC addresses and driver options, what stopped containers will ask for, and containers that share a namespace.
 */
export async function isUnchanged(
  host: Host,
  observed: Observed,
  glance: Glance,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const same = await Promise.all([
      glance.rules !== true || sameRules(host, observed, signal),
      glance.routes !== true || sameRouting(host, observed.namespaces.get(hostNamespace), signal),
      glance.inside !== true || sameRoutingInside(host, observed, signal),
      glance.engine !== true || sameEngine(host, observed.inventory, signal),
    ]);
    return same.every(Boolean);
  } catch (error) {
    // Whatever is wrong, a full look is to find and say it.
    if (!isNetwrightError(error)) throw error;
    return false;
  }
}

async function sameRules(host: Host, observed: Observed, signal: AbortSignal): Promise<boolean> {
  const before = observed.namespaces.get(hostNamespace);
  const [{ facts, rules }, { frames }] = await enter(host, hostNamespace, (place) =>
    Promise.all([observeHostTables(host, place, signal), observeFramesAgain(host, place, before, signal)]),
  );
  if (!isDeepStrictEqual(frames, before?.frames)) return false;
  return (
    facts.backend === observed.backend &&
    isDeepStrictEqual(rules.tables.map(shape), (before?.tables ?? []).map(shape))
  );
}

/** A table without what its rules have counted. */
function shape(table: ObservedTable): unknown {
  return { ...table, chains: [...table.chains].map(([name, rules]) => [name, rules.map(ruleKey)]) };
}

async function sameRoutingInside(
  host: Host,
  { namespaces }: Observed,
  signal: AbortSignal,
): Promise<boolean> {
  const states = [...namespaces.values()].filter(({ id }) => id !== hostNamespace);
  const questions = (place: Pick<Place, 'id' | 'procNet'>) =>
    routingQuestions(place, familiesOf(place, undefined));
  const ids = states.map(({ id }) => id);
  const told = await askEach(host, ids, questions, signal);
  const same = states.map((state) => sameRouting(host, state, signal, told.get(state.id)));
  return (await Promise.all(same)).every(Boolean);
}

async function sameRouting(
  host: Host,
  before: NamespaceState | undefined,
  signal: AbortSignal,
  answers: Answers = new Map(),
): Promise<boolean> {
  if (before === undefined) return false;
  const routing = await enter(host, before.id, (place) =>
    observeRouting(host, withAnswers(place, answers), familiesOf(place, undefined), signal),
  );
  return isDeepStrictEqual(withoutEngineLinks(routing), withoutEngineLinks(before));
}

/** The host's ends of containers' links come and go with their containers. */
function withoutEngineLinks({ interfaces, routes, rules }: Routing): Routing {
  return { interfaces: interfaces.filter(({ name }) => !name.startsWith('veth')), routes, rules };
}

async function sameEngine(host: Host, before: Inventory, signal: AbortSignal): Promise<boolean> {
  const { engine, ownership } = host;
  const [listed, containers] = await Promise.all([
    engine.listNetworks(signal),
    engine.listContainers(signal),
  ]);
  const networks = (engine.kind === 'podman' ? readPodmanNetworks : readNetworks)(listed, ownership);
  if (!isDeepStrictEqual(byId(networks), byId(before.networks))) return false;
  const seen = listOf(containers).map(listedPlaces);
  return isDeepStrictEqual(seen.toSorted(), inspectedPlaces(before));
}

/** Docker lists them in another order each time. */
function byId(networks: readonly NetworkState[]): readonly NetworkState[] {
  return networks.toSorted((one, other) => (one.id < other.id ? -1 : 1));
}

/** One line for each container, from the list of them: whether it runs, and its places while it does. */
function listedPlaces(entry: unknown): string {
  const container = fieldsOf(entry);
  const running = ['running', 'paused', 'stopping'].includes(textOf(container['State']));
  const networks = Object.values(fieldsOf(fieldsOf(container['NetworkSettings'])['Networks']));
  const places = networks.map((settings) => {
    const fields = fieldsOf(settings);
    return `${textOf(fields['NetworkID'])} ${textOf(fields['IPAddress'])} ${textOf(fields['GlobalIPv6Address'])}`;
  });
  return placesLine(textOf(container['Id']), running, places);
}

function inspectedPlaces({ containers }: Inventory): readonly string[] {
  return containers
    .map(({ id, running, endpoints }) => {
      const places = endpoints.map(({ networkId, addresses }) => {
        const [four = '', six = ''] = [
          addresses.find((address) => !address.includes(':')),
          addresses.find((address) => address.includes(':')),
        ];
        return `${networkId} ${four} ${six}`;
      });
      return placesLine(id, running, places);
    })
    .toSorted();
}

function placesLine(id: string, running: boolean, places: readonly string[]): string {
  return running ? `${id} ${places.toSorted().join(', ')}` : id;
}
