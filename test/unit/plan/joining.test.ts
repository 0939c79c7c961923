import { expect, test } from 'vitest';
import type { DesiredNetwork } from '../../../src/model/desired.ts';
import type { ContainerState } from '../../../src/model/inventory.ts';
import type { Operation } from '../../../src/model/plan.ts';
import { announceJoining } from '../../../src/plan/joining.ts';

const origin = { file: 'networks.yaml', pointer: '/networks/bottle' };
const network = (name: string, gateway?: string): DesiredNetwork => ({
  origin,
  name,
  subnets: [],
  chosenIpRanges: {},
  chosenGateways: {},
  options: {},
  labels: {},
  onConflict: 'fail',
  ...(gateway !== undefined && {
    gatewayContainer: { containerName: gateway, addresses: [], hostAddresses: {}, routes: 'engine' },
  }),
});
const container = (name: string, running = true): ContainerState => ({
  id: name,
  name,
  labels: {},
  running,
  created: 0,
  networkMode: 'bridge',
  endpoints: [],
  publishedPorts: [],
});
const connect = (name: string, to: string): Operation => ({
  kind: 'connect-endpoint',
  because: 'x',
  changes: [],
  containerId: name,
  containerName: name,
  network: to,
  addresses: [],
  aliases: [],
  driverOptions: {},
  owned: true,
});
const told = (...operations: readonly Operation[]) =>
  announceJoining(
    { networks: [network('bottle', 'sentry'), network('plain')] },
    {
      inventory: {
        networks: [],
        containers: [container('sentry'), container('one'), container('asleep', false)],
        keptMembers: [],
      },
    },
    operations,
  ).notices.map(({ subject, message }) => `${subject}: ${message}`);

test('what shows only once a container has joined is told before', () => {
  expect(told(connect('sentry', 'bottle'), connect('one', 'bottle'))).toEqual([
    expect.stringMatching(/^sentry in bottle: its port, its own address there and its way out/),
    expect.stringMatching(/^one in bottle: its port shows/),
  ]);
});

test('of who does not run, and of other networks, there is nothing to tell', () => {
  expect(told(connect('asleep', 'bottle'), connect('one', 'plain'))).toEqual([]);
});
