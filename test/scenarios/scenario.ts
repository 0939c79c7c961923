import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSave } from '../../src/iptables/parse.ts';
import type { ContainerState, KeptMembers, NetworkState } from '../../src/model/inventory.ts';
import { hostNamespace, type NamespaceState } from '../../src/model/namespace.ts';
import type { Observed } from '../../src/model/observed.ts';
import type { Ownership } from '../../src/model/ownership.ts';
import type { Backend, Family } from '../../src/model/ruleset.ts';

/** What `observed.json` says of a host: only what matters to the scenario, the rest is a plain Docker host. */
interface Written {
  readonly backend?: Backend;
  readonly engineJumps?: Observed['engineJumps'];
  readonly networks?: readonly (Partial<NetworkState> & { readonly name: string })[];
  readonly containers?: readonly (Partial<Omit<ContainerState, 'endpoints'>> & {
    readonly name: string;
    readonly endpoints?: readonly (Partial<ContainerState['endpoints'][number]> & {
      readonly networkName: string;
    })[];
  })[];
  readonly keptMembers?: readonly KeptMembers[];
  /** By `host` or a container's name. */
  readonly namespaces?: Readonly<Record<string, WrittenNamespace>>;
}

interface WrittenNamespace extends Partial<Omit<NamespaceState, 'tables' | 'sysctls' | 'formerSysctls'>> {
  /** Lines as iptables-save prints them. */
  readonly ipv4?: readonly string[];
  readonly ipv6?: readonly string[];
  readonly sysctls?: Readonly<Record<string, string | null>>;
  readonly formerSysctls?: Readonly<Record<string, string>>;
}

/** A host as the scenario's folder describes it. */
export function readObserved(folder: string, ownership: Ownership): Observed {
  const written = JSON.parse(readFileSync(join(folder, 'observed.json'), 'utf8')) as Written;
  const containers = (written.containers ?? []).map(container);
  const spaces = containers.flatMap(({ namespace, name }) =>
    namespace === undefined ? [] : [{ id: namespace, name }],
  );
  const namespaces = [{ id: hostNamespace, name: 'host' }, ...spaces].map(({ id, name }) =>
    namespace(id, name, written.namespaces?.[name] ?? {}, ownership),
  );
  return {
    backend: written.backend ?? 'nft',
    ...(written.engineJumps && { engineJumps: written.engineJumps }),
    inventory: {
      networks: (written.networks ?? []).map(network),
      containers,
      keptMembers: written.keptMembers ?? [],
    },
    namespaces: new Map(namespaces.map((state) => [state.id, state])),
  };
}

function network(written: Partial<NetworkState> & { readonly name: string }): NetworkState {
  return {
    id: `id-of-${written.name}`,
    driver: 'bridge',
    internal: false,
    subnets: [],
    options: {},
    labels: {},
    owned: false,
    ...written,
  };
}

function container(written: NonNullable<Written['containers']>[number]): ContainerState {
  const running = written.running ?? true;
  return {
    id: `id-of-${written.name}`,
    labels: {},
    created: 0,
    networkMode: 'bridge',
    ...(running && { pid: 1000, namespace: `net:[${written.name}]` }),
    publishedPorts: [],
    ...written,
    running,
    endpoints: (written.endpoints ?? []).map((endpoint) => ({
      networkId: `id-of-${endpoint.networkName}`,
      addresses: [],
      aliases: [],
      driverOptions: {},
      owned: false,
      ...endpoint,
    })),
  };
}

const dockerHost = {
  4: [
    '*filter',
    ':INPUT ACCEPT [0:0]',
    ':FORWARD DROP [0:0]',
    ':OUTPUT ACCEPT [0:0]',
    ':DOCKER-USER - [0:0]',
    '-A FORWARD -j DOCKER-USER',
    '-A DOCKER-USER -j RETURN',
    'COMMIT',
    '*nat',
    ':PREROUTING ACCEPT [0:0]',
    ':POSTROUTING ACCEPT [0:0]',
    'COMMIT',
  ],
  6: [],
} as const satisfies Record<Family, readonly string[]>;

function namespace(
  id: string,
  name: string,
  written: WrittenNamespace,
  ownership: Ownership,
): NamespaceState {
  const plain = id === hostNamespace ? dockerHost : { 4: [], 6: [] };
  const { ipv4 = plain[4], ipv6 = plain[6], sysctls, formerSysctls, ...rest } = written;
  return {
    id,
    name,
    tables: [...parseSave(ipv4.join('\n'), 4, ownership), ...parseSave(ipv6.join('\n'), 6, ownership)],
    sets: [],
    interfaces: ['lo', 'eth0'].map((ifname, index) => ({ name: ifname, index, isUp: true })),
    routes: [],
    rules: [],
    sysctls: new Map(
      Object.entries(
        sysctls ?? {
          'net.ipv4.ip_forward': id === hostNamespace ? '1' : '0',
          'net.ipv6.conf.all.forwarding': '0',
        },
      ),
    ),
    formerSysctls: new Map(Object.entries(formerSysctls ?? {})),
    ...rest,
  };
}
