import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engineUnderTest } from '../host/engine-under-test.ts';
import { arp, ethernet } from '../host/frames.ts';
import type { Place } from '../host/inside.ts';
import { until } from './daemon-scene.ts';
import { poisons } from './escape-poisons.ts';
import { underWay } from './escape-rounds.ts';
import {
  type EscapeScene,
  type Hostile,
  hardware,
  hostiles,
  reachesInternet,
  startEscapeScene,
  station,
} from './escape-scene.ts';
import { internet, linkLocal, type Station } from './escape-target.ts';

interface Victim {
  readonly place: Place;
  readonly itself: Station;
  /** Whom it talks to. */
  readonly believed: Station;
}

let scene: EscapeScene;

beforeAll(async () => {
  scene = await startEscapeScene();
  // A kernel believes nothing new for a second after it believed something else, and some no redirect; here they all do at once.
  const credulous = `for one in /proc/sys/net/ipv4/neigh/*/locktime; do echo 0 >$one; done
    for one in /proc/sys/net/ipv4/conf/*/accept_redirects; do echo 1 >$one; done
    for one in /proc/sys/net/ipv6/conf/*/accept_ra; do echo 2 >$one; done`;
  for (const place of [scene.sentry, scene.member, scene.other])
    await scene.host.sh(credulous, { in: place });
});
afterAll(async () => await scene.host.stop());

const member = async (): Promise<Victim> => {
  const { gateway } = scene.bottle.target;
  return {
    place: scene.member,
    itself: await station(scene.host, scene.member),
    // Some engines give a container that starts again another one.
    believed: { ...gateway, mac: (await hardware(scene.host, scene.sentry, gateway.ip)) ?? '' },
  };
};
const sentry = async (): Promise<Victim> => {
  const { itself, believed } = await member();
  return { place: scene.sentry, itself: believed, believed: itself };
};
/** In the ordinary network, where the host is the gateway. */
const other = async (): Promise<Victim> => ({
  place: scene.other,
  itself: await station(scene.host, scene.other),
  believed: { mac: scene.free.target.bridge.mac, ip: '172.20.6.1', ip6: 'fd20:6::1' },
});

/** Whatever of it a lie may change: where it believes the other to be, its ways out, and where the bridge believes it to be. */
async function beliefs({ place, itself, believed }: Victim, { target }: Hostile): Promise<string> {
  const known = await scene.host.sh(
    `for address in ${believed.ip} ${believed.ip6}; do ip neigh show $address | awk '{ print $1, $5 }'; done
     ip route get ${internet.ip} | awk '{ print $1, $2, $3, $4, $5; exit }'
     ip -6 route show default | awk '{ print $1, $2, $3, $4, $5 }' | sort`,
    { in: place },
  );
  const ports = await scene.host.sh(
    `bridge fdb show br ${target.bridge.device} | awk '/^${itself.mac} / && !/permanent/ { print $1, $3 }'`,
  );
  return known + ports;
}

/** As after a conversation with the one it believes in and with the liar. */
async function forget({ place, believed }: Victim, { target }: Hostile): Promise<void> {
  await scene.host.sh(
    `ip neigh flush all; ip route flush cache; ip -6 route flush proto ra
     for address in ${believed.ip} ${believed.ip6} ${target.self.ip}; do busybox ping -c1 -W2 $address; done`,
    { in: place },
  );
}

/** What the victim believes before and after. */
async function told(liar: Hostile, victim: Victim, poison: (typeof poisons)[number]) {
  const before = await beliefs(victim, liar);
  const frames = poison.frames(liar.target.self, victim.itself, victim.believed);
  expect(await liar.sender.send(frames)).toBe('ok');
  const after = await beliefs(victim, liar);
  const his = fooled(after, liar, victim, before);
  if (after !== before) await forget(victim, liar);
  return { before, after, his };
}

/** What of it is the liar's doing, in words; empty when nothing is. */
function fooled(after: string, liar: Hostile, victim: Victim, before: string): readonly string[] {
  const { mac, ip } = liar.target.self;
  const known = new Set(before.split('\n'));
  const router = linkLocal(mac).replaceAll(/:0+(?=[0-9a-f])/g, ':');
  const isHis = (line: string) => [mac, ip, router].some((part) => line.includes(part));
  const isMoved = (line: string) => line.startsWith(victim.itself.mac) && !known.has(line);
  return after.split('\n').filter((line) => isHis(line) || isMoved(line));
}

const allLies = (liar: Hostile, { itself, believed }: Victim) =>
  poisons.flatMap(({ frames }) => frames(liar.target.self, itself, believed));

const isBack = async () => await reachesInternet(scene.host, scene.member);

const entries = async ({ target }: Hostile) =>
  (await scene.host.sh(`bridge fdb show br ${target.bridge.device}`)).split('\n').length;

/** By how many entries the bridge's table grows when frames of so many hardware addresses come. */
async function flooded(liar: Hostile): Promise<number> {
  const frames = Array.from({ length: 500 }, (_, at) => {
    const mac = `02:66:66:${liar.target.self.mac.slice(-2)}:${hex(at >> 8)}:${hex(at & 255)}`;
    const own = { mac, ip: liar.target.self.ip };
    return ethernet({ from: mac, to: liar.target.member.mac }, 'arp', arp('reply', own, liar.target.member));
  });
  const before = await entries(liar);
  expect(await liar.sender.send(frames)).toBe('ok');
  return (await entries(liar)) - before;
}

async function writesNothing({ sender }: Hostile): Promise<void> {
  for (const key of ['net/ipv4/ip_forward', 'net/ipv4/conf/all/accept_redirects', 'kernel/hostname'])
    expect(await sender.run(`echo 0 >/proc/sys/${key}`)).toMatch(/^no .*Read-only file system/);
}

const hex = (byte: number) => byte.toString(16).padStart(2, '0');

describe('in an ordinary network', () => {
  beforeAll(async () => await forget(await other(), scene.free));

  // A container of Podman's believes no redirect in an ordinary network either.
  const believed = poisons.filter(
    ({ name }) => !(engineUnderTest.startsWith('podman') && name === 'a redirect'),
  );
  test.each(believed)('this is believed: $name', async (poison) => {
    const victim = await other();
    const { before, after, his } = await told(scene.free, victim, poison);
    expect(after).not.toEqual(before);
    expect(his).not.toEqual([]);
  });

  test("a flood of hardware addresses fills the bridge's table", async () => {
    expect(await flooded(scene.free)).toBeGreaterThan(400);
  });
});

describe.each(hostiles)('%s', (_, who) => {
  describe.each([
    ['another member', member],
    ['SENTRY', sentry],
  ] as const)('%s does not believe:', (_victim, find) => {
    let victim: Victim;
    beforeAll(async () => {
      victim = await find();
      await forget(victim, scene[who]);
      const all = await beliefs(victim, scene[who]);
      for (const part of [victim.believed.ip, victim.believed.ip6, victim.believed.mac])
        expect(all).toContain(part);
    });

    test.each(poisons)('$name', async (poison) => {
      const { before, after } = await told(scene[who], victim, poison);
      expect(after).toEqual(before);
    });
  });

  test("a flood of hardware addresses does not fill the bridge's table", async () => {
    expect(await flooded(scene[who])).toBeLessThan(10);
  });

  test("nothing in /proc/sys can be written, neither one's own nor the host's", async () => {
    await writesNothing(scene[who]);
  });

  test('while SENTRY is stopped another member believes none of it, nor does anything else of it succeed', async () => {
    const victim = await member();
    await forget(victim, scene[who]);
    const before = await beliefs(victim, scene[who]);
    await scene.sentry.stop();
    try {
      for (const poison of poisons) {
        const frames = poison.frames(scene[who].target.self, victim.itself, victim.believed);
        expect(await scene[who].sender.send(frames)).toBe('ok');
        expect([poison.name, fooled(await beliefs(victim, scene[who]), scene[who], victim, before)]).toEqual([
          poison.name,
          [],
        ]);
      }
      expect(await flooded(scene[who])).toBeLessThan(10);
      await writesNothing(scene[who]);
    } finally {
      await scene.sentry.start();
    }
    await until('SENTRY was started → a member reaches the internet', 30_000, isBack);
  });

  test('nor in the second in which it restarts', async () => {
    const victim = await member();
    await forget(victim, scene[who]);
    const before = await beliefs(victim, scene[who]);
    const { isDone, over } = underWay(scene.sentry.restart());
    const lies = allLies(scene[who], victim);
    for (let round = 0; !isDone() || round < 3; round += 1) {
      expect(await scene[who].sender.send(lies)).toBe('ok');
      expect([round, fooled(await beliefs(victim, scene[who]), scene[who], victim, before)]).toEqual([
        round,
        [],
      ]);
      if (round === 0) expect(await flooded(scene[who])).toBeLessThan(10);
      await writesNothing(scene[who]);
    }
    await over;
    await until('SENTRY was restarted → a member reaches the internet', 30_000, async () => {
      expect(await scene[who].sender.send(lies)).toBe('ok');
      return await isBack();
    });
    expect(fooled(await beliefs(victim, scene[who]), scene[who], victim, before)).toEqual([]);
  });
});
