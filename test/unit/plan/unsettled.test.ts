import { describe, expect, test } from 'vitest';
import type { Desired, DesiredEndpoint, DesiredNetwork } from '../../../src/model/desired.ts';
import type { ContainerState, EndpointState, Member, NetworkState } from '../../../src/model/inventory.ts';
import type { Observed } from '../../../src/model/observed.ts';
import { ownership } from '../../../src/model/ownership.ts';
import type { Operation } from '../../../src/model/plan.ts';
import { planEndpoints } from '../../../src/plan/endpoints.ts';
import type { Fates, NetworkFate } from '../../../src/plan/fates.ts';
import { planMembers } from '../../../src/plan/members.ts';
import { planNetworks } from '../../../src/plan/networks.ts';
import type { Part } from '../../../src/plan/part.ts';

const origin = { file: 'networks.yaml', pointer: '/networks/bottle' };
const live: NetworkState = {
  id: 'b1',
  name: 'bottle',
  driver: 'bridge',
  internal: false,
  subnets: [{ subnet: '172.20.5.0/24' }],
  options: {},
  labels: {},
  owned: true,
};
/** As the file has it: as it is, or otherwise. */
const wanted = (subnet = '172.20.5.0/24'): DesiredNetwork => ({
  origin,
  name: 'bottle',
  subnets: [{ subnet }],
  chosenIpRanges: {},
  chosenGateways: {},
  options: {},
  labels: {},
  onConflict: 'recreate',
});
const place = (address: string, owned = true): EndpointState => ({
  networkId: 'b1',
  networkName: 'bottle',
  addresses: [address],
  aliases: [],
  driverOptions: {},
  owned,
});
const container = (name: string, ...endpoints: readonly EndpointState[]): ContainerState => ({
  id: name,
  name,
  labels: {},
  running: true,
  created: 0,
  networkMode: 'bridge',
  endpoints,
  publishedPorts: [],
});
const ending = (each: ContainerState): ContainerState => ({ ...each, unsettled: true });
const declared = (name: string, address: string): DesiredEndpoint => ({
  origin,
  containerId: name,
  containerName: name,
  network: 'bottle',
  addresses: [address],
  aliases: [],
});
const member = (name: string, address: string): Member => ({
  containerId: name,
  containerName: name,
  addresses: [address],
  aliases: ['db'],
  driverOptions: {},
  owned: false,
});

interface Scene {
  readonly networks?: readonly DesiredNetwork[];
  readonly endpoints?: readonly DesiredEndpoint[];
  readonly there?: readonly NetworkState[];
  readonly containers: readonly ContainerState[];
  readonly kept?: readonly Member[];
}
const desiredIn = ({ networks = [wanted()], endpoints = [] }: Scene): Desired => ({
  networks,
  endpoints,
  namespaces: new Map(),
  warmUps: [],
  notices: [],
});
const observedIn = ({ there = [live], containers, kept }: Scene): Observed => ({
  inventory: {
    networks: there,
    containers,
    keptMembers: kept === undefined ? [] : [{ network: 'bottle', members: kept }],
  },
  backend: 'nft',
  namespaces: new Map(),
});
const fateOf = (fate: NetworkFate): Fates => new Map([['bottle', fate]]);

/** What is done, and what is said in place of it. */
const told = ({ operations, notices }: Part) => ({
  done: operations.map(wordsOf),
  waits: notices.map(
    ({ kind, subject, message }) => `${kind}: ${subject}: ${message.replace(/, and .*/, '')}`,
  ),
});
const wordsOf = (operation: Operation): string => {
  switch (operation.kind) {
    case 'connect-endpoint':
      return `connect ${operation.containerName} ${operation.addresses.join(' ')}`;
    case 'disconnect-endpoint':
      return `disconnect ${operation.containerName}`;
    default:
      return operation.kind;
  }
};
const endpointsIn = (scene: Scene, fate: NetworkFate = 'kept') =>
  told(planEndpoints(desiredIn(scene), observedIn(scene), fateOf(fate)));
const membersIn = (scene: Scene, fate: NetworkFate = 'kept') =>
  told(planMembers(desiredIn(scene), observedIn(scene), fateOf(fate)));
const networksIn = (scene: Scene) => {
  const part = planNetworks(desiredIn(scene), observedIn(scene), ownership());
  return { ...told(part), fate: part.fates.get('bottle') };
};
const waiting = (subject: string, names: string) => `waiting: ${subject}: ${names} is paused or just ending`;

describe('a container that is paused or just ending', () => {
  const endpoints = [declared('web', '172.20.5.7')];

  test.each<readonly [string, ContainerState, readonly string[]]>([
    ['joins', container('web'), ['connect web 172.20.5.7']],
    [
      'moves to another address',
      container('web', place('172.20.5.8')),
      ['disconnect web', 'connect web 172.20.5.7'],
    ],
  ])('%s once it runs, or has ended', (_, web, done) => {
    expect(endpointsIn({ endpoints, containers: [web] })).toEqual({ done, waits: [] });
    expect(endpointsIn({ endpoints, containers: [ending(web)] })).toEqual({
      done: [],
      waits: [waiting('web in bottle   172.20.5.7', 'web')],
    });
  });

  test('leaves once it runs, or has ended', () => {
    const web = container('web', place('172.20.5.7'));
    expect(endpointsIn({ containers: [web] })).toEqual({ done: ['disconnect web'], waits: [] });
    expect(endpointsIn({ containers: [ending(web)] })).toEqual({
      done: [],
      waits: [waiting('web in bottle', 'web')],
    });
  });

  test.each<NetworkFate>(['created', 'replaced'])(
    'waits, too, for its place in a network that is %s',
    (fate) => {
      expect(endpointsIn({ endpoints, containers: [container('web')] }, fate).done).toHaveLength(1);
      expect(endpointsIn({ endpoints, containers: [ending(container('web'))] }, fate)).toEqual({
        done: [],
        waits: [waiting('web in bottle   172.20.5.7', 'web')],
      });
    },
  );

  test('has what it is to have: nothing is said of it', () => {
    const web = ending(container('web', place('172.20.5.7')));
    expect(endpointsIn({ endpoints, containers: [web] })).toEqual({ done: [], waits: [] });
  });

  test('keeps its address from others as long as it cannot move', () => {
    const both = [...endpoints, declared('next', '172.20.5.8')];
    const web = container('web', place('172.20.5.8'));
    const next = container('next');
    expect(endpointsIn({ endpoints: both, containers: [web, next] }).done).toContain(
      'connect next 172.20.5.8',
    );
    expect(endpointsIn({ endpoints: both, containers: [ending(web), next] })).toEqual({
      done: [],
      waits: [
        waiting('web in bottle   172.20.5.7', 'web'),
        'refused: next in bottle   172.20.5.8: 172.20.5.8 is held by the container web',
      ],
    });
  });
});

describe('a network that one is in who is paused or just ending', () => {
  const web = container('web', place('172.20.5.7'));
  const others = [container('one', place('172.20.5.8')), ending(container('elsewhere'))];

  test('is replaced once that has settled', () => {
    const networks = [wanted('172.20.6.0/24')];
    expect(networksIn({ networks, containers: [web, ...others] })).toMatchObject({
      fate: 'replaced',
      waits: [],
    });
    expect(networksIn({ networks, containers: [ending(web), ...others] })).toEqual({
      fate: 'unavailable',
      done: [],
      waits: [waiting('network bottle', 'web')],
    });
  });

  test('is removed once that has settled', () => {
    expect(networksIn({ networks: [], containers: [web, ...others] })).toEqual({
      fate: 'removed',
      done: ['remove-network'],
      waits: [],
    });
    expect(networksIn({ networks: [], containers: [ending(web), ...others] })).toEqual({
      fate: 'kept',
      done: [],
      waits: [waiting('network bottle', 'web')],
    });
  });

  test('is nobody’s concern where the file has it as it is', () => {
    expect(networksIn({ containers: [ending(web)] })).toEqual({ fate: 'kept', done: [], waits: [] });
  });
});

describe('members of a network that was replaced', () => {
  const kept = [member('web', '172.20.5.7'), member('one', '172.20.5.8')];
  const [web, one] = [container('web'), container('one')];

  test('are given back at once where they have settled, and forgotten then', () => {
    expect(membersIn({ kept, containers: [web, one] })).toEqual({
      done: ['connect web 172.20.5.7', 'connect one 172.20.5.8', 'forget-members'],
      waits: [],
    });
  });

  test.each<NetworkFate>(['kept', 'created', 'unavailable'])(
    'are given back without those who have not, who stay kept, in one that is %s',
    (fate) => {
      expect(membersIn({ kept, containers: [ending(web), one] }, fate)).toEqual({
        done: ['connect one 172.20.5.8'],
        waits: [waiting('members of bottle', 'web')],
      });
    },
  );

  test('are forgotten though one is ending who is back', () => {
    const back = ending(container('web', place('172.20.5.7', false)));
    expect(membersIn({ kept, containers: [back, one] })).toEqual({
      done: ['connect one 172.20.5.8', 'forget-members'],
      waits: [],
    });
  });

  test('stay kept for one with a declared place, which has what it had once it joins', () => {
    const scene = { kept, endpoints: [declared('web', '172.20.5.9')] };
    const unsettled = { ...scene, containers: [ending(web), one] };
    expect(membersIn(unsettled)).toEqual({ done: ['connect one 172.20.5.8'], waits: [] });
    expect(endpointsIn(unsettled).done).toEqual([]);
    const settled = { ...scene, containers: [web, container('one', place('172.20.5.8', false))] };
    expect(membersIn(settled).done).toEqual(['forget-members']);
    const { operations } = planEndpoints(desiredIn(settled), observedIn(settled), fateOf('kept'));
    expect(operations).toMatchObject([{ containerName: 'web', aliases: ['db'], owned: false }]);
  });
});
