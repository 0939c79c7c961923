import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { at, type Member, named, Scene, subnets } from './isolation-scene.ts';

const front = subnets(1);
const back = subnets(2);

describe('between two networks of the file', () => {
  let scene: Scene;
  let app: Member;
  let guest: Member;
  let db: Member;
  let theirs: Member;
  let others: Member;

  beforeAll(async () => {
    scene = await Scene.start();
    await scene.host.network('theirs', subnets(8));
    await scene.host.network('others', subnets(9));
    await scene.apply({ front });
    app = await scene.member('app', 'front', at(1, 20));
    guest = await scene.member('guest', 'front', at(1, 21));
    theirs = await scene.member('theirs', 'theirs', at(8, 20));
    others = await scene.member('others', 'others', at(9, 20));
  });

  afterAll(async () => await scene.host.stop());

  /** What becomes of a packet of each kind between each two, in both directions. */
  const behaviour = async () => {
    const everybody = [theirs, others, app, scene.peer, scene.theHost()];
    const pairs = everybody.flatMap((from) => everybody.map((to) => [from, to] as const));
    const foreign = pairs.filter((pair) => pair.includes(theirs) || pair.includes(others));
    return await Promise.all(
      foreign
        .filter(([from, to]) => from !== to)
        .map(async ([from, to]) => {
          const outcomes = to.addresses.flatMap((address) => [
            scene.ask(from, address).then(({ kind }) => kind),
            scene.ask(from, address, 123, 'udp').then(({ kind }) => kind),
          ]);
          return [
            from.name,
            to.name,
            ...(await Promise.all(outcomes)),
            ...(await scene.pings(from, to)),
          ].join(' ');
        }),
    );
  };

  /** The same twice: with so much at once a busy machine lets a packet come too late now and then. */
  const settledBehaviour = async () => {
    for (let last = await behaviour(), left = 5; ; left--) {
      const next = await behaviour();
      if (left === 0 || isDeepStrictEqual(next, last)) return next;
      last = next;
    }
  };

  test('foreign networks are as they were without us, whoever they speak with', async () => {
    await scene.listen(scene.theHost());
    const before = await settledBehaviour();
    expect(before).toContain('theirs peer answered answered answered answered true true');
    await scene.apply({ front, back });
    expect(await settledBehaviour()).toEqual(before);
  });

  test('nothing passes', async () => {
    await scene.apply({ front, back });
    db = await scene.member('db', 'back', at(2, 10));
    for (const [from, to] of [[app, db] as const, [db, app] as const]) {
      await scene.expectClosed(from, to, 80);
      await scene.expectClosed(from, to, 123, 'udp');
      expect(await scene.pings(from, to)).toEqual([false, false]);
    }
  });

  test('within one of them everything does', async () => {
    await scene.expectOpen(guest, app, 80);
    await scene.expectOpen(guest, app, 123, 'udp');
    expect(await scene.pings(guest, app)).toEqual([true, true]);
  });

  test('each of them reaches what is outside, and the host', async () => {
    for (const member of [app, db]) {
      await scene.expectOpen(member, scene.peer, 80);
      await scene.expectOpen(member, scene.theHost(), 80);
    }
  });

  test('a policy opens one port for one source in one direction', async () => {
    const ips = named({ app: at(1, 20), db: at(2, 10) });
    await scene.apply({ front, back }, [{ from: 'app', to: 'db', port: 80 }], ips);
    await scene.expectOpen(app, db, 80);
    await scene.expectClosed(app, db, 81);
    await scene.expectClosed(app, db, 123, 'udp');
    await scene.expectClosed(guest, db, 80);
    await scene.expectClosed(db, app, 80);
    expect(await scene.pings(app, db)).toEqual([false, false]);

    const policies = [
      { from: 'app', to: 'db', port: 123, proto: 'udp' },
      { from: 'app', to: 'db', proto: 'icmp' },
    ];
    await scene.apply({ front, back }, policies, ips);
    await scene.expectOpen(app, db, 123, 'udp');
    await scene.expectClosed(app, db, 124, 'udp');
    await scene.expectClosed(app, db, 80);
    expect(await scene.pings(app, db)).toEqual([true, true]);
    expect(await scene.pings(db, app)).toEqual([false, false]);
  });
});
