import type { Change } from '../model/change.ts';
import type { Desired, DesiredNetwork } from '../model/desired.ts';
import type { Inventory, NetworkState } from '../model/inventory.ts';
import type { Notice } from '../model/notice.ts';
import type { Observed } from '../model/observed.ts';
import type { Ownership } from '../model/ownership.ts';
import { describeNetwork } from './describe.ts';
import type { Fates, NetworkFate } from './fates.ts';
import { keptPlace } from './members.ts';
import { createNetwork } from './network-creation.ts';
import { networkDifferences } from './network-differences.ts';
import { replaceNetwork, type Sources } from './network-replacement.ts';
import { overlapOf } from './overlaps.ts';
import type { Part } from './part.ts';
import { unsettledMembers, waitsToSettle } from './unsettled.ts';

export interface NetworksPart extends Part {
  readonly fates: Fates;
}

interface Decision extends Part {
  readonly fate: NetworkFate;
}

/** Networks to create, to replace where the file consents, and to remove where we made them and the file no longer names them. */
export function planNetworks(desired: Desired, observed: Observed, ownership: Ownership): NetworksPart {
  const sources: Sources = { desired, observed, ownership };
  const fates = new Map<string, NetworkFate>();
  const parts: Decision[] = [];
  const decide = (name: string, decision: Decision): void => {
    fates.set(name, decision.fate);
    parts.push(decision);
  };
  const named = new Set(desired.networks.map(({ name }) => name));
  for (const network of observed.inventory.networks) {
    if (network.owned && !named.has(network.name)) decide(network.name, removal(network, observed.inventory));
  }
  const removed = new Set([...fates].filter(([, fate]) => fate === 'removed').map(([name]) => name));
  for (const network of desired.networks) decide(network.name, decisionOf(network, removed, sources));
  return {
    fates,
    operations: parts.flatMap(({ operations }) => operations),
    notices: parts.flatMap(({ notices }) => notices),
  };
}

function decisionOf(network: DesiredNetwork, removed: ReadonlySet<string>, sources: Sources): Decision {
  const [live, ...more] = sources.observed.inventory.networks.filter(({ name }) => name === network.name);
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
  const taken = overlapOf(network, removed, sources.observed);
  if (taken !== undefined) return refuse(network, taken, 'choose another subnet');
  if (live === undefined) return creation(network, sources);
  const unsettled = unsettledMembers(live, sources.observed.inventory);
  if (unsettled.length > 0) {
    const notice = waitsToSettle(`network ${network.name}`, unsettled, network.origin);
    return { fate: 'unavailable', operations: [], notices: [notice] };
  }
  const operations = replaceNetwork(network, live, differences.join(', '), sources);
  return { fate: 'replaced', operations, notices: [] };
}

function refuse({ name, origin }: DesiredNetwork, message: string, hint: string): Decision {
  const notice: Notice = { kind: 'refused', subject: `network ${name}`, message, hint, origin };
  return { fate: 'unavailable', operations: [], notices: [notice] };
}

function creation(network: DesiredNetwork, { ownership }: Sources): Decision {
  const change: Change = {
    sign: '+',
    area: 'networks',
    text: describeNetwork(network),
    origin: network.origin,
  };
  return {
    fate: 'created',
    operations: [createNetwork(network, ownership, [change], 'no such network')],
    notices: [],
  };
}

/**
 * A network of ours in which somebody else put a container stays: taking it away would break what is not ours. Who is to be given
 * back a place in it, after an unfinished replacement, counts as being in it.
 */
function removal(network: NetworkState, inventory: Inventory): Decision {
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
  const unsettled = unsettledMembers(network, inventory);
  if (unsettled.length > 0) {
    const notice = waitsToSettle(`network ${network.name}`, unsettled);
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
