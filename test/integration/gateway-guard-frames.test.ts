import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engineUnderTest } from '../host/engine-under-test.ts';
import { until } from './daemon-scene.ts';
import {
  arpLie,
  attempts,
  bottle4,
  byIcmp6,
  byUdp,
  other4,
  ping6,
  rogue4,
  rogue6,
  x4,
} from './gateway-guard-attempts.ts';
import {
  countAt,
  type GatewayScene,
  gatewayIps,
  gatewayNetworks,
  sendFrame,
  startGatewayScene,
} from './gateway-guard-scene.ts';
import { at, type Member, type Scene } from './isolation-scene.ts';

const table = 'nft list table bridge netwright';
const withoutTable = 'nft delete table bridge netwright';
/** Bridges hand frames to it up as they are, at the port they came by. */
const nearest = '01:80:c2:00:00:0e';

describe('frames in a network whose gateway is a container', () => {
  let scene: Scene;
  let sentry: GatewayScene['sentry'];
  let bottle: GatewayScene['bottle'];
  let other: Member;
  let rogue: GatewayScene['rogue'];

  const apply = async () => {
    const applied = await scene.host.netwright(['apply'], {
      file: { networks: gatewayNetworks(), ips: gatewayIps(), policies: [] },
    });
    expect(applied).toMatchObject({ exitCode: 0, stderr: '' });
  };
  const macOf = async ({ place }: Member) =>
    (await scene.host.sh('ip -o link show dev eth0', { in: place })).replace(/.*ether (\S+) .*/s, '$1');
  const send = async ({ place }: Member, frame: Buffer) => await sendFrame(scene, place, frame);
  const knownAt = async (address: string) =>
    (await scene.host.sh(`ip neighbour show ${address}`, { in: bottle.place })).replace(
      /.*lladdr (\S+) .*/s,
      '$1',
    );

  beforeAll(async () => {
    ({ scene, sentry, bottle, other, rogue } = await startGatewayScene([]));
  });
  afterAll(async () => await scene.host.stop());

  test('bear what their senders really are', async () => {
    await scene.expectOpen(bottle, scene.peer);
    await scene.expectOpen(rogue, scene.peer);
    await scene.expectOpen(bottle, other);
  });

  test.each(attempts)('do not get through with $what', async ({ seen, frame }) => {
    const crafted = frame(await macOf(rogue));
    const came = await countAt(scene, bottle, seen);
    await send(rogue, crafted);
    await scene.expectOpen(rogue, bottle);
    expect(await came()).toBe(0);
    // It is the table that they do not get through.
    await scene.host.sh(withoutTable);
    try {
      await send(rogue, crafted);
      await expect.poll(came).toBeGreaterThan(0);
    } finally {
      await apply();
    }
  });

  test('do not come up at the host past its bridge', async () => {
    const mac = await macOf(rogue);
    const ends6 = { from: rogue6, to: 'fd09::1' };
    const crafted = [
      byUdp(mac, { from: rogue4, to: '10.9.0.1' }, 9, 9, nearest),
      byIcmp6(mac, ends6, ping6(ends6), nearest),
    ];
    const chain = 'type filter hook input priority -400; iifname veth* counter;';
    await scene.host.exec(['nft', '-f', '-'], { input: `table inet seen { chain first { ${chain} }; }` });
    const came = async () =>
      Number(/packets (\d+)/.exec(await scene.host.sh('nft list table inet seen'))?.[1]);
    const sendAll = async () => {
      for (const frame of crafted) await send(rogue, frame);
    };
    await sendAll();
    await scene.expectOpen(rogue, bottle);
    expect(await came()).toBe(0);
    const sysctls = await scene.host.sh(
      'ls /proc/sys/net/ipv4/conf/all/drop_unicast* /proc/sys/net/ipv6/conf/veth*/drop_unicast*',
    );
    for (const sysctl of sysctls.trim().split('\n')) await scene.host.sh(`echo 0 >${sysctl}`);
    await sendAll();
    await expect.poll(came).toBe(2);
    for (const sysctl of sysctls.trim().split('\n')) await scene.host.sh(`echo 1 >${sysctl}`);
  });

  test('move no address to another MAC', async () => {
    // A neighbour that was confirmed just now is else believed for a second, whatever comes.
    await scene.host.sh('echo 0 >/proc/sys/net/ipv4/neigh/eth0/locktime', { in: bottle.place });
    await scene.expectOpen(bottle, scene.peer);
    const mac = await knownAt(x4);
    await send(rogue, arpLie(await macOf(rogue), x4));
    await scene.expectOpen(rogue, bottle);
    expect(await knownAt(x4)).toBe(mac);
    await scene.host.sh(withoutTable);
    try {
      await until('the same without the table → it is moved', 10_000, async () => {
        await send(rogue, arpLie(await macOf(rogue), x4));
        return (await knownAt(x4)) !== mac;
      });
    } finally {
      await scene.host.sh('ip neighbour flush all', { in: bottle.place });
      await apply();
    }
  });

  test('of one who has just started and is not known yet are nobody else’s', async () => {
    const late = await scene.member('late', 'bottles', at(1, 70));
    // On Podman 4 nobody has given it a route yet.
    if (!engineUnderTest.startsWith('podman-4')) await scene.expectOpen(late, scene.peer);
    const came = await countAt(scene, bottle, `ip saddr { ${x4}, ${other4} }`);
    const mac = await macOf(late);
    await send(late, byUdp(mac, { from: x4, to: bottle4 }));
    await send(late, byUdp(mac, { from: other4, to: bottle4 }));
    const before = await knownAt(x4);
    await send(late, arpLie(mac, x4));
    await scene.expectOpen(late, bottle);
    expect([await came(), await knownAt(x4)]).toEqual([0, before]);
  });

  test('do not take the address of the gateway while that is stopped', async () => {
    await sentry.place.stop();
    await scene.host.sh('ip neighbour flush all', { in: bottle.place });
    await apply();
    const mac = await macOf(rogue);
    await scene.host.sh(`ip address add ${x4}/24 dev eth0`, { in: rogue.place });
    const came = await countAt(scene, rogue, 'ip daddr 10.9.0.2');
    await send(rogue, arpLie(mac, x4));
    await scene.expectClosed(bottle, scene.peer);
    expect(await came()).toBe(0);
    await scene.host.sh(`ip address del ${x4}/24 dev eth0`, { in: rogue.place });
    await sentry.place.start();
    await apply();
    // The kernel first asks whether somebody has its IPv6 addresses already, for a second or two.
    for (const address of scene.peer.addresses)
      await until(`the peer answers at ${address} again`, 15_000, async () => {
        const outcome = await scene.ask(bottle, address);
        return outcome.kind === 'answered' && outcome.by === scene.peer.name;
      });
  });

  test('are watched over again within a moment, whatever is done to the table, and no longer at the end', async () => {
    const path = scene.host.write('networks.json', {
      networks: gatewayNetworks(),
      ips: gatewayIps(),
      policies: [],
    });
    await apply();
    const before = await scene.host.sh(table);
    const daemon = await scene.host.startNetwright(['watch'], { file: path, env: { DEBUG: '1' } });
    await daemon.waitForLine(/ pass .*changes=0/, 20_000);
    const port = /"(veth[^"]*)" \. 172\.30\.1\.66/.exec(before)?.[1] ?? '';
    for (const harm of [
      withoutTable,
      'nft flush ruleset',
      'nft flush chain bridge netwright prerouting',
      `nft delete element bridge netwright taken4 '{ ${x4} }'`,
      `nft delete element bridge netwright at4 '{ "${port}" . ${rogue4} }'`,
    ]) {
      await scene.host.sh(harm);
      await until(
        `${harm} → it is as before`,
        10_000,
        async () => (await scene.host.exec(['sh', '-c', table])).stdout === before,
      );
    }
    // Podman gives a container that restarts the name that its port had.
    const plugged = async () => {
      const interfaces = await scene.host.sh('ip -o link show', { in: rogue.place });
      const index = /eth0@if(\d+)/.exec(interfaces)?.[1] ?? '';
      return (await scene.host.sh('ip -o link')).match(new RegExp(`^${index}: (veth[^@]*)@`, 'm'))?.[1];
    };
    await rogue.place.restart();
    await until('restarted → its new port is known', 10_000, async () => {
      const known = /"(veth[^"]*)" \. 172\.30\.1\.66/.exec(await scene.host.sh(table))?.[1];
      return known !== undefined && known === (await plugged());
    });
    await daemon.kill('SIGTERM');
    await scene.host.netwright(['destroy']);
    expect(await scene.host.sh('nft list tables bridge')).toBe('');
  });
});
