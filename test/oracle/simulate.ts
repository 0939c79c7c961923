import { containsAddress } from '../../src/model/address.ts';
import { lastFreeAddress } from '../../src/model/free-addresses.ts';
import type { ContainerState, Inventory, NetworkState } from '../../src/model/inventory.ts';
import type {
  Interface,
  NamespaceState,
  ObservedRoute,
  ObservedRoutingRule,
} from '../../src/model/namespace.ts';
import type { ConnectEndpoint, CreateNetwork } from '../../src/model/network-operations.ts';
import type { Observed } from '../../src/model/observed.ts';
import type { Ownership } from '../../src/model/ownership.ts';
import type { Operation, Plan } from '../../src/model/plan.ts';
import type { RestoreTable } from '../../src/model/rules-operations.ts';
import type { ObservedJump, ObservedTable } from '../../src/model/ruleset.ts';
import { withEngineJumps } from './engine-jumps.ts';
import { checked, framed, updated, withoutSet } from './simulate-sets.ts';

/** The host after each operation of the plan did what it says: an engine and a kernel that do as they are told, for checking plans. */
export function simulate(observed: Observed, plan: Pick<Plan, 'operations'>, ownership: Ownership): Observed {
  return plan.operations.reduce((state, operation) => step(state, operation, ownership), observed);
}

function step(state: Observed, operation: Operation, ownership: Ownership): Observed {
  const { inventory } = state;
  const withInventory = (change: Partial<Inventory>): Observed => ({
    ...state,
    inventory: { ...inventory, ...change },
  });
  switch (operation.kind) {
    case 'keep-members':
      return withInventory({
        keptMembers: [
          ...inventory.keptMembers.filter(({ network }) => network !== operation.network),
          { network: operation.network, members: operation.members },
        ],
      });
    case 'forget-members':
      return withInventory({
        keptMembers: inventory.keptMembers.filter(({ network }) => network !== operation.network),
      });
    case 'disconnect-endpoint':
      return withInventory({
        containers: inventory.containers.map((container) =>
          container.id === operation.containerId
            ? {
                ...container,
                endpoints: container.endpoints.filter(({ networkId }) => networkId !== operation.networkId),
              }
            : container,
        ),
      });
    case 'remove-network':
      if (
        inventory.containers.some(({ endpoints }) =>
          endpoints.some(({ networkId }) => networkId === operation.networkId),
        )
      )
        throw new Error(`network ${operation.network} has active endpoints`);
      return withInventory({ networks: inventory.networks.filter(({ id }) => id !== operation.networkId) });
    case 'create-network':
      if (inventory.networks.some(({ name }) => name === operation.network))
        throw new Error(`network ${operation.network} exists`);
      return withInventory({ networks: [...inventory.networks, made(operation, ownership)] });
    case 'connect-endpoint':
      return withEngineJumps(
        withInventory({
          containers: inventory.containers.map((each) => connected(each, operation, inventory)),
        }),
        operation,
      );
    case 'restore-table':
      return inNamespace(state, operation.namespace, (space) => ({
        ...space,
        tables: checked(restored(space.tables, operation, ownership), space),
      }));
    case 'update-set':
      return inNamespace(state, operation.namespace, (space) => updated(space, operation, ownership));
    case 'remove-set':
      return inNamespace(state, operation.namespace, (space) => withoutSet(space, operation.set, ownership));
    case 'cut-connections':
      return state;
    case 'restore-frames':
      return inNamespace(state, operation.namespace, (space) => framed(space, operation));
    case 'set-sysctl':
      return inNamespace(state, operation.namespace, (space) => setSysctl(space, operation));
    case 'add-route':
      return inNamespace(state, operation.namespace, (space) => ({
        ...space,
        routes: [...space.routes, { ...operation.route, owned: true } satisfies ObservedRoute],
      }));
    case 'remove-route':
      return inNamespace(state, operation.namespace, (space) => ({
        ...space,
        routes: space.routes.filter((route) => route !== operation.route),
      }));
    case 'add-address':
      return inNamespace(state, operation.namespace, (space) => ({
        ...space,
        interfaces: withAddress(space.interfaces, operation),
      }));
    case 'remove-address':
      return inNamespace(state, operation.namespace, (space) => ({
        ...space,
        interfaces: space.interfaces.map((link) => ({
          ...link,
          ...(link.addresses && {
            addresses: link.addresses.filter(({ address }) => address !== operation.address),
          }),
        })),
      }));
    case 'add-routing-rule':
      return inNamespace(state, operation.namespace, (space) => ({
        ...space,
        rules: [...space.rules, { ...operation.rule, owned: true } satisfies ObservedRoutingRule],
      }));
    case 'remove-routing-rule':
      return inNamespace(state, operation.namespace, (space) => ({
        ...space,
        rules: space.rules.filter((rule) => rule !== operation.rule),
      }));
  }
}

/** On the interface that is in the network, which a container that joined has by then. */
function withAddress(
  interfaces: readonly Interface[],
  { address, beside }: Operation & { kind: 'add-address' },
): readonly Interface[] {
  const own = { address, prefix: address.includes(':') ? 128 : 32, owned: true };
  const isBeside = ({ addresses = [] }: Interface) =>
    addresses.some((one) => beside.some((subnet) => containsAddress(subnet, one.address)));
  if (interfaces.some(isBeside))
    return interfaces.map((link) =>
      isBeside(link) ? { ...link, addresses: [...(link.addresses ?? []), own] } : link,
    );
  const given = beside.flatMap((subnet) => lastFreeAddress(subnet, [], undefined) ?? []);
  const addresses = given.map((one) => ({ address: one, prefix: 24, owned: false }));
  const index = interfaces.length + 1;
  return [...interfaces, { name: `joined${index}`, index, isUp: true, addresses: [...addresses, own] }];
}

function made(operation: CreateNetwork, ownership: Ownership): NetworkState {
  const { network, driver, internal, subnets, bridge, options, labels, mtu } = operation;
  return {
    id: `new-id-of-${network}`,
    name: network,
    driver,
    internal,
    subnets,
    options: { ...options, ...(mtu !== undefined && { 'com.docker.network.driver.mtu': `${mtu}` }) },
    labels,
    ...(bridge !== undefined && { bridge }),
    owned: labels[ownership.label] === ownership.instance,
  };
}

function connected(
  container: ContainerState,
  operation: ConnectEndpoint,
  inventory: Inventory,
): ContainerState {
  if (container.id !== operation.containerId) return container;
  const network = inventory.networks.find(({ name }) => name === operation.network);
  if (network === undefined) throw new Error(`no network ${operation.network}`);
  if (container.endpoints.some(({ networkId }) => networkId === network.id))
    throw new Error(`${container.name} is already in ${operation.network}`);
  const holder = inventory.containers.find(
    ({ id, running, endpoints }) =>
      id !== container.id &&
      running &&
      endpoints.some(
        ({ networkId, addresses }) =>
          networkId === network.id && addresses.some((address) => operation.addresses.includes(address)),
      ),
  );
  if (holder !== undefined)
    throw new Error(`${operation.addresses.join()} is already in use by ${holder.name}`);
  const { addresses, aliases, macAddress, driverOptions, owned } = operation;
  return {
    ...container,
    endpoints: [
      ...container.endpoints,
      {
        networkId: network.id,
        networkName: network.name,
        addresses,
        requested: addresses,
        aliases,
        ...(macAddress !== undefined && { macAddress }),
        driverOptions,
        owned,
      },
    ],
  };
}

function inNamespace(
  state: Observed,
  id: string,
  change: (space: NamespaceState) => NamespaceState,
): Observed {
  const space = state.namespaces.get(id);
  if (space === undefined) throw new Error(`no namespace ${id}`);
  return { ...state, namespaces: new Map([...state.namespaces, [id, change(space)]]) };
}

function setSysctl(
  space: NamespaceState,
  { key, value, former }: Operation & { kind: 'set-sysctl' },
): NamespaceState {
  const formerSysctls = new Map(space.formerSysctls);
  if (former === 'remember') formerSysctls.set(key, space.sysctls.get(key) ?? '');
  if (former === 'restore') formerSysctls.delete(key);
  return { ...space, formerSysctls, sysctls: new Map([...space.sysctls, [key, value]]) };
}

function restored(
  tables: readonly ObservedTable[],
  operation: RestoreTable,
  ownership: Ownership,
): readonly ObservedTable[] {
  const same = ({ family, table }: ObservedTable): boolean =>
    family === operation.family && table === operation.table;
  const others = tables.filter((table) => !same(table));
  if (operation.removeTable) return others;
  const old: ObservedTable = tables.find(same) ?? {
    family: operation.family,
    table: operation.table,
    chains: new Map(),
    foreignChains: new Set(['INPUT', 'FORWARD', 'OUTPUT', 'PREROUTING', 'POSTROUTING']),
    jumps: [],
    otherwiseEmpty: true,
  };
  const chains = new Map(old.chains);
  for (const { name, rules } of operation.chains) chains.set(name, rules);
  const jumps = operation.hook.reduce<readonly ObservedJump[]>(
    hooked,
    operation.unhook.reduce(unhooked, old.jumps),
  );
  for (const name of operation.removeChains) {
    if (jumps.some(({ to }) => to === name)) throw new Error(`chain ${name} is still in use`);
    if (!ownership.ownsChain(name)) throw new Error(`chain ${name} is foreign`);
    chains.delete(name);
  }
  return [...others, { ...old, chains, jumps }];
}

function unhooked(
  jumps: readonly ObservedJump[],
  { chain, to }: { chain: string; to: string },
): readonly ObservedJump[] {
  const gone = jumps.find((jump) => jump.chain === chain && jump.to === to);
  if (gone === undefined) throw new Error(`no jump from ${chain} to ${to}`);
  return jumps
    .filter((jump) => jump !== gone)
    .map((jump) =>
      jump.chain === chain && jump.position > gone.position ? { ...jump, position: jump.position - 1 } : jump,
    );
}

function hooked(
  jumps: readonly ObservedJump[],
  { chain, to }: { chain: string; to: string },
): readonly ObservedJump[] {
  return [
    { chain, position: 1, to },
    ...jumps.map((jump) => (jump.chain === chain ? { ...jump, position: jump.position + 1 } : jump)),
  ];
}
