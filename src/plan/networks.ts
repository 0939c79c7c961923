import type { Change } from '../model/change.ts';
import type { Desired, DesiredNetwork } from '../model/desired.ts';
import type { ContainerState, NetworkState } from '../model/inventory.ts';
import type { CreateNetwork } from '../model/network-operations.ts';
import type { Notice } from '../model/notice.ts';
import type { Observed } from '../model/observed.ts';
import type { Ownership } from '../model/ownership.ts';
import type { Operation } from '../model/plan.ts';
import { describeNetwork } from './describe.ts';
import { type Fates, type NetworkFate, networkNeed } from './fates.ts';
import { keptPlace, membersToKeep } from './members.ts';
import { networkDifferences } from './network-differences.ts';
import { overlapOf } from './overlaps.ts';
import type { Part } from './part.ts';

export interface NetworksPart extends Part {
  readonly fates: Fates;
}

interface Context {
  readonly desired: Desired;
  readonly observed: Observed;
  readonly ownership: Ownership;
}

interface Decision {
  readonly fate: NetworkFate;
  readonly operations: readonly Operation[];
  readonly notices: readonly Notice[];
}

/** Networks to create, to replace where the file consents, and to remove where we made them and the file no longer names them. */
export function planNetworks(desired: Desired, observed: Observed, ownership: Ownership): NetworksPart {
  const context: Context = { desired, observed, ownership };
  const fates = new Map<string, NetworkFate>();
  const parts: Decision[] = [];
  const decide = (name: string, decision: Decision): void => {
    fates.set(name, decision.fate);
    parts.push(decision);
  };
  const named = new Set(desired.networks.map(({ name }) => name));
  for (const network of observed.inventory.networks) {
    if (network.owned && !named.has(network.name)) decide(network.name, removal(network, context));
  }
  const removed = new Set([...fates].filter(([, fate]) => fate === 'removed').map(([name]) => name));
  for (const network of desired.networks) decide(network.name, decisionOf(network, removed, context));
  return {
    fates,
    operations: parts.flatMap(({ operations }) => operations),
    notices: parts.flatMap(({ notices }) => notices),
  };
}

function decisionOf(network: DesiredNetwork, removed: ReadonlySet<string>, context: Context): Decision {
  const [live, ...more] = context.observed.inventory.networks.filter(({ name }) => name === network.name);
  if (more.length > 0) {
    return refuse(network, `the engine has ${more.length + 1} networks of this name`, 'remove all but one');
  }
  const differences = live === undefined ? [] : networkDifferences(network, live);
  if (live !== undefined && differences.length === 0) return { fate: 'kept', operations: [], notices: [] };
  if (live !== undefined && network.onConflict === 'fail') {
    return refuse(
      network,
      `the live network differs: ${differences.join(', ')}`,
      'a network cannot be changed in place: on_conflict: recreate replaces it, interrupting its members for a moment',
    );
  }
  const taken = overlapOf(network, removed, context.observed);
  if (taken !== undefined) return refuse(network, taken, 'choose another subnet');
  return live === undefined ? creation(network, context) : replacement(network, live, differences, context);
}

function refuse({ name, origin }: DesiredNetwork, message: string, hint: string): Decision {
  const notice: Notice = { kind: 'refused', subject: `network ${name}`, message, hint, origin };
  return { fate: 'unavailable', operations: [], notices: [notice] };
}

function creation(network: DesiredNetwork, context: Context): Decision {
  const change: Change = {
    sign: '+',
    area: 'networks',
    text: describeNetwork(network),
    origin: network.origin,
  };
  return {
    fate: 'created',
    operations: [create(network, context, [change], 'no such network')],
    notices: [],
  };
}

function create(
  network: DesiredNetwork,
  { ownership }: Context,
  changes: readonly Change[],
  because: string,
): CreateNetwork {
  const {
    name,
    driver = 'bridge',
    internal = false,
    bridge,
    mtu,
    options,
    labels,
    gatewayContainer,
  } = network;
  return {
    kind: 'create-network',
    because,
    changes,
    needs: [networkNeed(name)],
    provides: networkNeed(name),
    network: name,
    driver,
    internal,
    subnets: network.subnets.map((entry) => {
      const ipRange = entry.ipRange ?? network.chosenIpRanges[entry.subnet];
      const gateway = entry.gateway ?? network.chosenGateways[entry.subnet];
      const hostAddress = gatewayContainer?.hostAddresses[entry.subnet];
      return {
        ...entry,
        ...(hostAddress !== undefined && { hostAddress }),
        ...(gateway !== undefined && { gateway }),
        ...(ipRange !== undefined && { ipRange }),
      };
    }),
    ...(bridge !== undefined && { bridge }),
    ...(mtu !== undefined && { mtu }),
    options,
    labels: { ...labels, [ownership.label]: ownership.instance },
    ...(gatewayContainer !== undefined && { routes: gatewayContainer.routes }),
  };
}

/** Those who are in a network, running or not: a stopped container keeps its place too. */
function membersOf(network: NetworkState, { observed }: Context): readonly ContainerState[] {
  return observed.inventory.containers.filter(({ endpoints }) =>
    endpoints.some(({ networkId }) => networkId === network.id),
  );
}

/** Disconnect, remove, create; the members come back as the endpoints' part of the plan says (H13). */
function replacement(
  network: DesiredNetwork,
  live: NetworkState,
  differences: readonly string[],
  context: Context,
): Decision {
  const members = membersOf(live, context);
  const because = differences.join(', ');
  const names = members.map(({ name }) => name).join(', ');
  const change: Change = {
    sign: '~',
    area: 'networks',
    text: describeNetwork(network),
    detail: `replaced: ${because}${names === '' ? '' : `; interrupts ${names}`}`,
    origin: network.origin,
  };
  const need = networkNeed(network.name);
  const shared = { because, changes: [change], network: network.name };
  const kept = membersToKeep(network.name, context.desired, context.observed.inventory);
  return {
    fate: 'replaced',
    operations: [
      ...(kept.length > 0
        ? [{ kind: 'keep-members', ...shared, provides: need, members: kept } as const]
        : []),
      ...members.map(
        ({ id, name }) =>
          ({
            kind: 'disconnect-endpoint',
            ...shared,
            needs: [need],
            containerId: id,
            containerName: name,
            networkId: live.id,
          }) as const,
      ),
      { kind: 'remove-network', ...shared, needs: [need], provides: need, networkId: live.id },
      create(network, context, [change], because),
    ],
    notices: [],
  };
}

/**
 * A network of ours in which somebody else put a container stays: taking it away would break what is not ours. Who is to be given
 * back a place in it, after an unfinished replacement, counts as being in it.
 */
function removal(network: NetworkState, { observed: { inventory } }: Context): Decision {
  const foreign = inventory.containers.filter((container) => {
    const place = container.endpoints.find(({ networkId }) => networkId === network.id);
    return (place ?? keptPlace(container, network.name, inventory))?.owned === false;
  });
  if (foreign.length > 0) {
    const names = foreign.map(({ name }) => name).join(', ');
    const notice: Notice = {
      kind: 'refused',
      subject: `network ${network.name}`,
      message: `no longer in the file, but still used by ${names}`,
      hint: `disconnect ${foreign.length === 1 ? 'it' : 'them'}, and the network is removed`,
    };
    return { fate: 'kept', operations: [], notices: [notice] };
  }
  const because = 'no longer in the file';
  const change: Change = {
    sign: '-',
    area: 'networks',
    text: describeNetwork({ ...network, chosenIpRanges: {}, chosenGateways: {}, onConflict: 'fail' }),
  };
  return {
    fate: 'removed',
    operations: [
      { kind: 'remove-network', because, changes: [change], networkId: network.id, network: network.name },
    ],
    notices: [],
  };
}
