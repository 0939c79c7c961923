import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type GatewayScene,
  gatewayIps,
  gatewayNetworks,
  gateways,
  startGatewayScene,
} from './gateway-guard-scene.ts';
import { at, type Member, type Scene } from './isolation-scene.ts';

const isolated = { isolated: true };

let scene: Scene;
let sentry: GatewayScene['sentry'];
let bottle: Member;
let other: Member;
let rogue: Member;

const apply = async (options: object, ...policies: readonly object[]) =>
  await scene.apply(gatewayNetworks(options), policies, gatewayIps());

beforeAll(async () => {
  ({ scene, sentry, bottle, other, rogue } = await startGatewayScene([], isolated));
});
afterAll(async () => await scene.host.stop());

test('members of an isolated network reach their gateway and go out by it', async () => {
  for (const member of [bottle, other, rogue]) {
    await scene.expectOpen(member, { ...sentry, addresses: gateways });
    await scene.expectOpen(member, scene.peer);
    await scene.expectOpen(member, scene.peer, 123, 'udp');
  }
});

test('they do not reach each other, but for what a policy says', async () => {
  for (const [from, to] of [
    [bottle, other],
    [other, bottle],
    [rogue, bottle],
  ] as const) {
    await scene.expectClosed(from, to);
    await scene.expectClosed(from, to, 123, 'udp');
    expect(await scene.pings(from, to)).toEqual(to.addresses.map(() => false));
  }
  await apply(isolated, { from: 'bottle', to: 'other', port: 80 });
  await scene.expectOpen(bottle, other);
  await scene.expectClosed(bottle, other, 81);
  await scene.expectClosed(other, bottle);
  await scene.expectClosed(rogue, other);
});

test('nor by way of their gateway', async () => {
  await scene.host.sh(
    gateways.map((via, index) => `ip route add ${at(1, 21)[index] ?? ''} via ${via}`).join('\n'),
    { in: rogue.place },
  );
  await scene.expectClosed(rogue, other);
  await scene.expectClosed(rogue, other, 123, 'udp');
});

test('without isolation they reach each other, the one way and the other', async () => {
  await apply({});
  await scene.expectOpen(other, bottle);
  await scene.expectOpen(rogue, other);
  await scene.expectOpen(bottle, other);
});
