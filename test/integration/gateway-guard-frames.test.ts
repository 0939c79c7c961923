import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from './daemon-scene.ts';
import {
  countAt,
  type GatewayScene,
  gatewayIps,
  gatewayNetworks,
  gateways,
  sendFrame,
  startGatewayScene,
} from './gateway-guard-scene.ts';
import { at, type Member, type Scene } from './isolation-scene.ts';

const table = 'nft list table bridge netwright';
const withoutTable = 'nft delete table bridge netwright';
const everyone = 'ffffffffffff';
/** Bridges hand frames to it up as they are, at the port they came by. */
const nearest = '0180c200000e';

const hex = (number: number, bytes: number): string => number.toString(16).padStart(bytes * 2, '0');

function addressHex(address: string): string {
  if (!address.includes(':'))
    return address
      .split('.')
      .map((part) => hex(Number(part), 1))
      .join('');
  const [head = '', tail = ''] = address.split('::');
  const words = (text: string) =>
    text
      .split(':')
      .filter((word) => word !== '')
      .map((word) => hex(Number.parseInt(word, 16), 2));
  const [front, back] = [words(head), words(tail)];
  return [...front, ...Array.from({ length: 8 - front.length - back.length }, () => '0000'), ...back].join(
    '',
  );
}

/** `sender` says at which MAC the address is, to everybody. */
const arp = (mac: string, address: string): string =>
  `${everyone}${mac}08060001080006040002${mac}${addressHex(address)}${everyone}${addressHex(address)}`;

function ipv4(
  mac: string,
  from: string,
  to: string,
  [sport, dport]: readonly [number, number],
  target = everyone,
): string {
  const udp = `${hex(sport, 2)}${hex(dport, 2)}${hex(12, 2)}000061626364`;
  const header = `4500${hex(32, 2)}000000004011`;
  const addresses = `${addressHex(from)}${addressHex(to)}`;
  const words = `${header}${addresses}`.match(/.{4}/g) ?? [];
  const sum = words.reduce((total, word) => total + Number.parseInt(word, 16), 0);
  const folded = (sum & 0xffff) + (sum >> 16);
  return `${target}${mac}0800${header}${hex(~folded & 0xffff, 2)}${addresses}${udp}`;
}

function icmp6(mac: string, from: string, to: string, body: string, target = everyone): string {
  return `${target}${mac}86dd60000000${hex(body.length / 2, 2)}3aff${addressHex(from)}${addressHex(to)}${body}`;
}

interface Attempt {
  readonly what: string;
  /** By what it would be seen where it is sent to. */
  readonly seen: string;
  /** With a MAC, the rogue's own. */
  readonly frame: (mac: string, bottleMac: string) => string;
}

const [x4 = '', x6 = ''] = gateways;
const [rogue4 = '', rogue6 = ''] = at(1, 66);
const [bottle4 = '', bottle6 = ''] = at(1, 20);
const [other4 = '', other6 = ''] = at(1, 21);
const discard = 'udp dport 9';
const allNodes = 'ff02::1';

const attempts: readonly Attempt[] = [
  {
    what: 'the address of the gateway',
    seen: `ip saddr ${x4}`,
    frame: (mac) => ipv4(mac, x4, bottle4, [9, 9]),
  },
  {
    what: 'the address of a neighbour',
    seen: `ip saddr ${other4}`,
    frame: (mac) => ipv4(mac, other4, bottle4, [9, 9]),
  },
  {
    what: 'an address that is nobody’s',
    seen: 'ip saddr 198.18.0.9',
    frame: (mac) => ipv4(mac, '198.18.0.9', bottle4, [9, 9]),
  },
  {
    what: 'another MAC',
    seen: discard,
    frame: () => ipv4('020000000009', rogue4, bottle4, [9, 9]),
  },
  {
    what: 'the IPv6 address of a neighbour',
    seen: `ip6 saddr ${other6}`,
    frame: (mac) => icmp6(mac, other6, bottle6, '8000000000000000'),
  },
  {
    what: 'what a DHCP server says',
    seen: 'udp sport 67',
    frame: (mac) => ipv4(mac, rogue4, '255.255.255.255', [67, 68]),
  },
  {
    what: 'a router advertisement',
    seen: 'icmpv6 type nd-router-advert',
    frame: (mac) => icmp6(mac, 'fe80::9', allNodes, `8600${hex(0, 2)}40000708${hex(0, 8)}`),
  },
  {
    what: 'a redirect',
    seen: 'icmpv6 type nd-redirect',
    frame: (mac) =>
      icmp6(mac, 'fe80::9', bottle6, `8900${hex(0, 6)}${addressHex(rogue6)}${addressHex('2001:db8::1')}`),
  },
  {
    what: 'that the gateway’s IPv6 address is at its own MAC',
    seen: `ip6 saddr ${rogue6} icmpv6 type nd-neighbor-advert @th,64,128 0x${addressHex(x6)}`,
    frame: (mac) => icmp6(mac, rogue6, allNodes, `8800${hex(0, 2)}20000000${addressHex(x6)}0201${mac}`),
  },
];

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
    (await scene.host.sh('ip -o link show dev eth0', { in: place }))
      .replace(/.*ether (\S+) .*/s, '$1')
      .replaceAll(':', '');
  const send = async ({ place }: Member, frame: string) => await sendFrame(scene, place, frame);
  const neighbour = async (address: string) =>
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
    const crafted = frame(await macOf(rogue), await macOf(bottle));
    const came = await countAt(scene, bottle, seen);
    await send(rogue, crafted);
    await scene.expectOpen(rogue, bottle);
    expect(await came()).toBe(0);
    // It is the table that they do not get through.
    await scene.host.sh(withoutTable);
    await send(rogue, crafted);
    await expect.poll(came).toBeGreaterThan(0);
    await apply();
  });

  test('do not come up at the host past its bridge', async () => {
    const mac = await macOf(rogue);
    const frames = [
      ipv4(mac, rogue4, '10.9.0.1', [9, 9], nearest),
      icmp6(mac, rogue6, 'fd09::1', '8000000000000000', nearest),
    ];
    const chain = 'type filter hook input priority -400; iifname veth* counter;';
    await scene.host.exec(['nft', '-f', '-'], { input: `table inet seen { chain first { ${chain} }; }` });
    const came = async () =>
      Number(/packets (\d+)/.exec(await scene.host.sh('nft list table inet seen'))?.[1]);
    const sendAll = async () => {
      for (const frame of frames) await send(rogue, frame);
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
    const mac = await neighbour(x4);
    await send(rogue, arp(await macOf(rogue), x4));
    await scene.expectOpen(rogue, bottle);
    expect(await neighbour(x4)).toBe(mac);
    await scene.host.sh(withoutTable);
    await until('the same without the table → it is moved', 10_000, async () => {
      await send(rogue, arp(await macOf(rogue), x4));
      return (await neighbour(x4)) !== mac;
    });
    await scene.host.sh('ip neighbour flush all', { in: bottle.place });
    await apply();
  });

  test('of one who has just started and is not known yet are nobody else’s', async () => {
    const late = await scene.member('late', 'bottles', at(1, 70));
    await scene.expectOpen(late, scene.peer);
    const came = await countAt(scene, bottle, `ip saddr { ${x4}, ${other4} }`);
    const mac = await macOf(late);
    await send(late, ipv4(mac, x4, bottle4, [9, 9]));
    await send(late, ipv4(mac, other4, bottle4, [9, 9]));
    const before = await neighbour(x4);
    await send(late, arp(mac, x4));
    await scene.expectOpen(late, bottle);
    expect([await came(), await neighbour(x4)]).toEqual([0, before]);
  });

  test('do not take the address of the gateway while that is stopped', async () => {
    await sentry.place.stop();
    await scene.host.sh('ip neighbour flush all', { in: bottle.place });
    await apply();
    const mac = await macOf(rogue);
    await scene.host.sh(`ip address add ${x4}/24 dev eth0`, { in: rogue.place });
    const came = await countAt(scene, rogue, 'ip daddr 10.9.0.2');
    await send(rogue, arp(mac, x4));
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
    await rogue.place.restart();
    await until('restarted → its new port is known', 10_000, async () => {
      const now = /"(veth[^"]*)" \. 172\.30\.1\.66/.exec(await scene.host.sh(table))?.[1];
      return now !== undefined && now !== port;
    });
    await daemon.kill('SIGTERM');
    await scene.host.netwright(['destroy']);
    expect(await scene.host.sh('nft list tables bridge')).toBe('');
  });
});
