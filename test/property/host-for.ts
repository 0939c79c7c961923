import type { Config } from '../../src/model/config.ts';
import type { ContainerState, NetworkState } from '../../src/model/inventory.ts';
import { hostNamespace, type NamespaceState } from '../../src/model/namespace.ts';
import type { Observed } from '../../src/model/observed.ts';
import type { Ownership } from '../../src/model/ownership.ts';
import type { Chain, ObservedTable, TableName } from '../../src/model/ruleset.ts';
import type { Chance } from '../chance.ts';

/** A host on which a good part of what the file names is there, some of it ours, some stopped, some somebody else's. */
export function hostFor(config: Config, chance: Chance, ownership: Ownership): Observed {
  const networks = config.networks.flatMap((entry, index): readonly NetworkState[] => {
    if (chance.isOnceIn(2)) return [];
    const owned = chance.isOnceIn(2);
    const subnets = chance.isOnceIn(3) ? [{ subnet: `10.200.${index % 256}.0/24` }] : entry.subnets;
    return [
      {
        id: `id-${index}`,
        name: entry.name,
        driver: chance.isOnceIn(5) ? 'macvlan' : (entry.driver ?? 'bridge'),
        internal: chance.isOnceIn(5),
        subnets,
        options: {},
        labels: { ...(owned && { [ownership.label]: ownership.instance }) },
        owned,
        bridge: `br-${index}`,
      },
    ];
  });
  const names = [
    ...new Set([...config.ips.flatMap(({ containerName }) => containerName ?? []), 'vpn', 'stranger']),
  ];
  const containers = names.flatMap((name, index): readonly ContainerState[] => {
    if (chance.isOnceIn(4)) return [];
    const running = !chance.isOnceIn(4);
    return [
      {
        id: `container-${index}`,
        name,
        labels: { app: 'web', role: name },
        running,
        ...(running && { pid: 100 + index, namespace: `net:[${index}]` }),
        created: 0,
        networkMode: 'bridge',
        publishedPorts: [],
        endpoints: networks
          .filter(() => chance.isOnceIn(3))
          .map(({ id, name: networkName }) => {
            const addresses = [`10.200.${index % 256}.${10 + index}`];
            return {
              networkId: id,
              networkName,
              addresses,
              requested: addresses,
              aliases: [],
              driverOptions: {},
              owned: chance.isOnceIn(2),
            };
          }),
      },
    ];
  });
  const spaces = [hostNamespace, ...containers.flatMap(({ namespace }) => namespace ?? [])];
  return {
    backend: chance.oneOf(['nft', 'legacy']),
    inventory: { networks, containers, keptMembers: [] },
    namespaces: new Map(spaces.map((id) => [id, namespace(id, chance, ownership)])),
  };
}

function namespace(id: string, chance: Chance, ownership: Ownership): NamespaceState {
  const chain: Chain = { name: ownership.chain('FORWARD'), rules: [{ match: {}, target: { kind: 'drop' } }] };
  const left: ObservedTable = {
    family: chance.oneOf([4, 6]),
    table: chance.oneOf<TableName>(['filter', 'nat']),
    chains: new Map([[chain.name, chain.rules]]),
    foreignChains: new Set(['INPUT', 'FORWARD', 'OUTPUT', 'PREROUTING', 'POSTROUTING', 'DOCKER-USER']),
    jumps: [
      { chain: 'FORWARD', position: 1, to: 'DOCKER-USER' },
      { chain: 'FORWARD', position: 2, to: 'theirs' },
    ],
    otherwiseEmpty: false,
  };
  return {
    id,
    name: id,
    tables: chance.isOnceIn(3) ? [left] : [],
    sets: [],
    interfaces: ['lo', 'wg0', 'eth0'].map((name, index) => ({ name, index, isUp: true })),
    routes: [],
    rules: [],
    sysctls: new Map([
      ['net.ipv4.ip_forward', '0'],
      ['net.ipv6.conf.all.forwarding', '0'],
    ]),
    formerSysctls: new Map(),
  };
}
