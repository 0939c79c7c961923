import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Loaded, type LoadedConfig, load } from '../../src/load/load.ts';
import type { HostFacts } from '../../src/model/facts.ts';
import type { Inventory } from '../../src/model/inventory.ts';
import type { Observed } from '../../src/model/observed.ts';
import { ownership } from '../../src/model/ownership.ts';
import type { Operation } from '../../src/model/plan.ts';
import type { ObservedSet } from '../../src/model/sets.ts';
import { inTextsOf } from '../../src/observe/in-texts-of.ts';
import { plan } from '../../src/plan/plan.ts';
import { KnownPolicies } from '../../src/resolve/known-policies.ts';
import { resolve } from '../../src/resolve/resolve.ts';
import { Resolver } from '../../src/resolve/resolver.ts';
import { simulate } from '../oracle/simulate.ts';
import { docker } from '../plain.ts';
import { directoryOf } from '../unit/load/directory.ts';

const mine = ownership();

type Fields = Readonly<Record<string, unknown>>;

/** What may change from one file to the next; `policies` are in two files, of which the second may also be moved by the first. */
interface State {
  readonly front: Fields;
  readonly back: Fields;
  readonly web: string;
  /** What the container is called that policies call `db`: they may mean it by the beginning of its name. */
  readonly db: string;
  readonly policies: readonly (readonly Fields[])[];
  readonly isRunning: boolean;
  readonly sets: boolean;
}

const start: State = {
  front: { subnet: '10.1.0.0/24' },
  back: { subnet: ['10.2.0.0/24', 'fd02::/64'] },
  web: '10.1.0.10',
  db: 'db',
  policies: [[], []],
  isRunning: true,
  sets: true,
};

const networks = fc.record(
  {
    isolated: fc.boolean(),
    internal: fc.boolean(),
    ingress: fc.constantFrom('allow', 'deny'),
    egress: fc.constantFrom('allow', 'deny'),
    host_access: fc.constantFrom('allow', 'deny'),
  },
  { requiredKeys: [] },
);

/** So few that policies have elements, rules and refusals in common all the time. */
const names = fc.constantFrom('web', 'db', 'shop', 'front', 'back', 'any', '10.9.0.0/16', '10.2.0.11', 'we');
const others = fc.constantFrom('host', 'label:role=guest', 'guest', 'unknown', '0.0.0.0/0', 'fd02::/65');
const somewhere = fc.oneof({ weight: 6, arbitrary: names }, { weight: 1, arbitrary: others });
const ports = fc.constantFrom<unknown>(80, 443, [80, 443], '8000-8003', '1-1000');
const plain = fc.record({ from: somewhere, to: somewhere, port: ports });
const refusal = fc.record({
  from: names,
  to: names,
  port: ports,
  action: fc.constantFrom('drop', 'reject'),
});
const special = fc.oneof(
  fc.record({ from: somewhere, to: somewhere, port: ports, log: fc.boolean(), proto: fc.constant('udp') }),
  fc.record({ from: fc.array(somewhere, { minLength: 1, maxLength: 3 }), to: somewhere }),
  fc.record({ from: somewhere, to: somewhere, proto: fc.constantFrom('icmp', 'any') }),
  fc.record({
    nat: fc.constant('dnat'),
    iface: fc.constant('wg0'),
    to: fc.constantFrom('web', 'db'),
    port: ports,
  }),
  fc.record({
    nat: fc.constant('dnat'),
    selector: fc.constant('guest'),
    to: fc.constantFrom('web'),
    port: ports,
  }),
  fc.record({ from: somewhere, to: somewhere, port: ports, in: fc.constantFrom('guest', 'host') }),
);
const policies = fc.oneof(
  { weight: 6, arbitrary: plain },
  { weight: 2, arbitrary: refusal },
  { weight: 1, arbitrary: special },
);

type Edit = (state: State) => State;

const file = fc.constantFrom(0, 1);

/** So many policies of this file leave this place, and this one comes there. */
function inPlace(of: number, at: number, fresh: Fields | null, gone: number): Edit {
  return (state) => {
    const list = state.policies[of] ?? [];
    const place = at % (list.length + 1);
    const changed = list.toSpliced(place, gone, ...(fresh === null ? [] : [fresh]));
    return { ...state, policies: state.policies.with(of, changed) };
  };
}

const edits: fc.Arbitrary<Edit> = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(file, fc.nat(), policies).map(([...asked]) => inPlace(...asked, 1)) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(file, fc.nat(), fc.option(policies), fc.constantFrom(0, 1))
      .map(([...asked]) => inPlace(...asked)),
  },
  {
    weight: 1,
    arbitrary: networks.map(
      (said): Edit =>
        (state) => ({ ...state, front: { ...start.front, ...said } }),
    ),
  },
  {
    weight: 1,
    arbitrary: networks.map(
      (said): Edit =>
        (state) => ({ ...state, back: { ...start.back, ...said } }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Edit>(
      (state) => ({ ...state, web: state.web === '10.1.0.10' ? '10.1.0.20' : '10.1.0.10' }),
      (state) => ({ ...state, db: state.db === 'db' ? 'dbase' : 'db' }),
      (state) => ({ ...state, isRunning: !state.isRunning }),
      (state) => ({ ...state, sets: !state.sets }),
      (state) => state,
    ),
  },
);

async function write(
  directory: string,
  { front, back, web, db, policies: lists, sets }: State,
): Promise<void> {
  const ips = {
    [web]: { container_name: 'web', service_name: 'shop' },
    '10.2.0.10': { container_name: db },
    'fd02::10': { container_name: db },
    '10.2.0.11': { selector: 'cart', service_name: 'shop' },
  };
  const [first, second] = lists;
  const one = { sets, networks: { front, back }, ips, policies: first };
  await writeFile(join(directory, 'a.json'), JSON.stringify(one));
  await writeFile(join(directory, 'b.json'), JSON.stringify({ policies: second }));
}

function inventoryOf({ isRunning }: State): Inventory {
  return {
    networks: [],
    keptMembers: [],
    containers: [
      {
        id: 'guest',
        name: 'guest',
        labels: { role: 'guest' },
        running: isRunning,
        ...(isRunning && { pid: 7, namespace: 'net:[7]' }),
        created: 0,
        networkMode: 'front',
        publishedPorts: [],
        endpoints: [
          {
            networkId: 'front',
            networkName: 'front',
            addresses: ['10.1.0.77'],
            aliases: [],
            driverOptions: {},
            owned: false,
          },
        ],
      },
    ],
  };
}

const said = (loaded: Loaded): unknown => {
  if (!loaded.ok) return loaded;
  const { config, warnings, content, parts, digest } = loaded;
  return { config, warnings, content: content(), parts, digest };
};

/** Whatever the order in which the kernel lists elements. */
const inOrder = (operations: readonly Operation[]): readonly unknown[] =>
  operations.map((operation) =>
    operation.kind === 'update-set' || operation.kind === 'remove-set'
      ? {
          ...operation,
          changes: operation.changes.toSorted((one, other) => (one.text < other.text ? -1 : 1)),
        }
      : operation,
  );

function emptyHost(inventory: Inventory): Observed {
  const state = { tables: [], sets: [], interfaces: [], routes: [], rules: [], formerSysctls: new Map() };
  return {
    inventory,
    backend: 'nft',
    namespaces: new Map(
      ['host', 'net:[7]'].map((id) => [id, { ...state, id, name: id, sysctls: new Map<string, string>() }]),
    ),
  };
}

const factsOfHosts: fc.Arbitrary<HostFacts> = fc.constantFrom<HostFacts>(
  docker,
  { ...docker, engineFiltersRaw: true },
  { ...docker, engine: 'podman', ipv6: false },
);

test('whatever changes from file to file, what is built upon the file before is what follows from the file alone', async () => {
  const directory = await directoryOf({});
  let kept = 0;
  let reused = 0;
  let asDesired = 0;
  await fc.assert(
    fc.asyncProperty(
      factsOfHosts,
      fc.array(policies, { minLength: 3, maxLength: 8 }),
      fc.array(edits, { minLength: 1, maxLength: 6 }),
      async (facts, list, changes) => {
        const resolver = new Resolver(new KnownPolicies());
        let former: LoadedConfig | undefined;
        let state: State = { ...start, policies: [list.slice(2), list.slice(0, 2)] };
        let host = emptyHost(inventoryOf(state));
        for (const change of [(same: State) => same, ...changes]) {
          state = change(state);
          await write(directory, state);
          const scratch = await load(directory);
          const loaded = await load(directory, former);
          expect(said(loaded)).toEqual(said(scratch));
          if (!loaded.ok || !scratch.ok) continue;
          const { config } = loaded;
          const before: LoadedConfig | undefined = former;
          former = loaded;
          kept += config.policies.filter((policy, at) => policy === before?.config.policies[at]).length;
          const inventory = inventoryOf(state);
          const desired = resolver.resolve(config, inventory, mine, facts);
          const alone = resolve(scratch.config, inventory, mine, facts);
          expect(desired).toEqual(alone);
          const elements = elementsOf(desired);
          reused += elements.filter((element) => seen.has(element)).length;
          for (const element of elements) seen.add(element);
          const observed = { ...host, inventory };
          const planned = plan(desired, observed, mine, facts);
          const plain = { ...told(host), inventory };
          expect(inOrder(planned.operations)).toEqual(inOrder(plan(alone, plain, mine, facts).operations));
          const after = simulate(observed, planned, mine);
          host = inTextsOf(desired, after);
          expect(told(host)).toEqual(told(after));
          const sets = host.namespaces.get('host')?.sets ?? [];
          asDesired += sets.filter((set) => set.asDesired !== undefined).length;
        }
      },
    ),
    { numRuns: 200 },
  );
  // Else nothing was put to the test.
  expect(kept).toBeGreaterThan(100);
  expect(reused).toBeGreaterThan(100);
  expect(asDesired).toBeGreaterThan(100);
});

/** As the kernel tells it, which knows nothing of what was desired. */
function told({ namespaces, ...rest }: Observed): Observed {
  const toldOf = ({ name, family, type, isComplete, elements }: ObservedSet): ObservedSet => ({
    ...{ name, family, type, isComplete, elements },
  });
  const states = [...namespaces.values()].map((state) => ({ ...state, sets: state.sets.map(toldOf) }));
  return { ...rest, namespaces: new Map(states.map((state) => [state.id, state])) };
}

const seen = new WeakSet<object>();

function elementsOf({ namespaces }: ReturnType<typeof resolve>): readonly object[] {
  return [...namespaces.values()].flatMap(({ sets }) => sets.flatMap(({ elements }) => elements));
}
