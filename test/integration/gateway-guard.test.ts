import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { countAt, type GatewayScene, goByTheBridge, startGatewayScene } from './gateway-guard-scene.ts';
import { at, type Member, type Scene, subnets } from './isolation-scene.ts';

const names = ['bottles', 'uplink', 'front', 'any'];
const everything = names.flatMap((from) => names.map((to) => ({ from, to, port: '1-65535' })));

describe('a network whose gateway is a container', () => {
  let scene: Scene;
  let sentry: GatewayScene['sentry'];
  let bottle: Member;
  let other: Member;
  let rogue: Member;
  let web: Member;

  const showBridged = async (value: 0 | 1) =>
    await scene.host.sh(
      `for name in iptables ip6tables; do echo ${value} >/proc/sys/net/bridge/bridge-nf-call-$name; done`,
    );

  beforeAll(async () => {
    ({ scene, sentry, bottle, other, rogue } = await startGatewayScene(everything));
    web = await scene.member('web', 'front', at(3, 20), { ports: ['8081:80'] });
    await scene.listen(scene.theHost());
  });
  afterAll(async () => await scene.host.stop());

  test('its members reach by it what is outside, and each other', async () => {
    for (const shown of [0, 1] as const) {
      await showBridged(shown);
      await scene.expectOpen(bottle, scene.peer);
      await scene.expectOpen(bottle, other);
      await scene.expectOpen(bottle, web);
      await scene.expectOpen(bottle, { ...sentry, addresses: at(1, 1) });
    }
  });

  test('nobody gets in past it, whatever a policy says', async () => {
    const [four = '', six = ''] = subnets(1).subnet;
    const came4 = await countAt(scene, scene.peer, `ip daddr ${four}`);
    for (const from of [scene.theHost(), scene.peer, web]) await scene.expectClosed(from, bottle);
    // By the port that the engine publishes: its DNAT, and its proxy.
    expect(await scene.ask(scene.peer, '10.9.0.1', 8080)).not.toMatchObject({ kind: 'answered' });
    expect(await scene.ask(scene.theHost(), '10.9.0.1', 8080)).not.toMatchObject({ kind: 'answered' });
    expect(await scene.ask(scene.theHost(), '127.0.0.1', 8080)).not.toMatchObject({ kind: 'answered' });
    expect(await came4()).toBe(0);
    const came6 = await countAt(scene, scene.peer, `ip6 daddr ${six}`);
    await scene.expectClosed(scene.theHost(), bottle);
    expect(await came6()).toBe(0);
  });

  test('nobody gets out past it who sends to the host instead', async () => {
    await scene.expectOpen(rogue, scene.peer);
    await goByTheBridge(scene, rogue);
    for (const shown of [0, 1] as const) {
      await showBridged(shown);
      await scene.expectClosed(rogue, scene.peer);
      await scene.expectClosed(rogue, web);
      await scene.expectClosed(rogue, scene.theHost());
      expect(await scene.pings(rogue, scene.theHost())).toEqual([false, false]);
      // Published by the host, and led back to a container.
      expect(await scene.ask(rogue, '10.9.0.1', 8081)).toEqual({ kind: 'timeout' });
    }
  });

  test('the host neither answers for its bridge nor finds a neighbour there', async () => {
    const [linkLocal = ''] =
      /fe80:[0-9a-f:]+/.exec(await scene.host.sh('ip -6 address show dev nw-bottles scope link')) ?? [];
    const ping = ['busybox', 'ping', '-c1', '-W1', `${linkLocal}%eth0`];
    expect((await scene.host.exec(ping, { in: rogue.place })).stdout).toContain('0 packets received');
  });

  test('what the host publishes is asked for by it, and not past it', async () => {
    for (const shown of [0, 1] as const) {
      await showBridged(shown);
      expect(await scene.ask(bottle, '10.9.0.1', 8081)).toMatchObject({ kind: 'answered', by: 'web' });
    }
    await scene.host.sh('iptables -I FORWARD -j DROP', { in: sentry.place });
    expect(await scene.ask(bottle, '10.9.0.1', 8081)).toEqual({ kind: 'timeout' });
    await scene.host.sh('iptables -D FORWARD -j DROP', { in: sentry.place });
  });

  test('while it is stopped nothing passes', async () => {
    await sentry.place.stop();
    await scene.expectClosed(bottle, scene.peer);
    await scene.expectClosed(bottle, web);
    await scene.expectOpen(bottle, other);
  });
});
