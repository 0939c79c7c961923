import { countOf, fieldsOf, listOf, textFieldsOf, textOf, textsOf } from '../host/answer.ts';
import { mapBounded } from '../host/bounded.ts';
import type { Host } from '../host/host.ts';
import { isUnsettled } from '../host/podman-unsettled.ts';
import { parseAddress } from '../model/address.ts';
import type { ContainerState, NetworkState } from '../model/inventory.ts';
import type { NamespaceId } from '../model/namespace.ts';
import type { Ownership } from '../model/ownership.ts';
import { readEndpoint } from './endpoints.ts';
import { readPublishedPorts } from './published-ports.ts';

/** What the engine says of a container; where its packets are is for the kernel to say. */
export type InspectedContainer = Omit<ContainerState, 'namespace'>;

/** So many requests to the engine are under way at a time. */
export const inspectedAtOnce = 8;

/** All containers, whatever their state; one that goes while it is looked at is left out. */
export async function inspectContainers(host: Host, signal: AbortSignal): Promise<readonly unknown[]> {
  const ids = listOf(await host.engine.listContainers(signal)).map((entry) => textOf(fieldsOf(entry)['Id']));
  const inspected = await mapBounded(ids, inspectedAtOnce, (id) => host.engine.inspectContainer(id, signal));
  return inspected.filter((answer) => answer !== undefined);
}

export interface ReadingContext {
  readonly kind: 'docker' | 'podman';
  readonly networks: readonly NetworkState[];
  readonly ownership: Ownership;
}

/** The container in the answer to `GET /containers/<id>/json`, or undefined when it is none. */
export function readContainer(answer: unknown, context: ReadingContext): InspectedContainer | undefined {
  const container = fieldsOf(answer);
  const id = textOf(container['Id']);
  const name = textOf(container['Name']).replace(/^\//, '');
  if (id === '' || name === '') return undefined;
  const state = fieldsOf(container['State']);
  const pid = runs(state) ? countOf(state['Pid']) : undefined;
  const mode = textOf(fieldsOf(container['HostConfig'])['NetworkMode']);
  const networks = fieldsOf(fieldsOf(container['NetworkSettings'])['Networks']);
  const owner = { id, name, running: pid !== undefined };
  const nameservers = textsOf(fieldsOf(container['HostConfig'])['Dns']);
  return {
    id,
    name,
    labels: textFieldsOf(fieldsOf(container['Config'])['Labels']),
    running: owner.running,
    ...(context.kind === 'podman' && isUnsettled(answer) && { unsettled: true }),
    created: Date.parse(textOf(container['Created'])) || 0,
    ...(pid !== undefined && { pid }),
    networkMode: mode === 'default' || mode === '' ? 'bridge' : mode,
    publishedPorts: readPublishedPorts(fieldsOf(container['NetworkSettings'])['Ports']),
    ...(nameservers.length > 0 && { nameservers: nameservers.map((one) => parseAddress(one) ?? one) }),
    endpoints: Object.entries(networks).flatMap(
      ([network, settings]) => readEndpoint(network, settings, owner, context) ?? [],
    ),
  };
}

/** Podman says of one that was told to stop, and has not yet, that it does not run (measured: 4.3, 5.4); Docker does not. */
function runs(state: Readonly<Record<string, unknown>>): boolean {
  return state['Running'] === true || state['Status'] === 'stopping';
}

/** The containers with their namespaces; one that runs where this process cannot see it has none. */
export function locateContainers(
  host: Host,
  containers: readonly InspectedContainer[],
): readonly ContainerState[] {
  const byId = new Map(containers.map((container) => [container.id, container]));
  const running = containers.flatMap(({ id, pid, networkMode }) =>
    pid === undefined ? [] : [{ containerId: id, pid, mayBeHost: sharesHost(networkMode, byId) }],
  );
  const namespaces: ReadonlyMap<string, NamespaceId> = host.namespaces.identify(running);
  return containers.map((container) => {
    const namespace = namespaces.get(container.id);
    return namespace === undefined ? container : { ...container, namespace };
  });
}

function sharesHost(networkMode: string, byId: ReadonlyMap<string, InspectedContainer>): boolean {
  if (!networkMode.startsWith('container:')) return networkMode === 'host';
  return byId.get(networkMode.slice('container:'.length))?.networkMode === 'host';
}
