import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { at, type Member, named, Scene, subnets } from './isolation-scene.ts';

const open = { work: subnets(1), back: subnets(2) };
const networks = { ...open, work: { ...open.work, egress: 'deny' } };
const ips = named({ app: at(1, 20), db: at(2, 20) });

describe('egress: deny', () => {
  let scene: Scene;
  let app: Member;
  let other: Member;
  let db: Member;
  let theirs: Member;

  beforeAll(async () => {
    scene = await Scene.start();
    await scene.host.network('theirs', subnets(8));
    await scene.apply(open);
    app = await scene.member('app', 'work', at(1, 20), { ports: ['8080:80'] });
    other = await scene.member('other', 'work', at(1, 21));
    db = await scene.member('db', 'back', at(2, 20));
    theirs = await scene.member('theirs', 'theirs', at(8, 20));
    await scene.listen(scene.theHost());
    await scene.expectOpen(app, scene.peer);
  });

  afterAll(async () => await scene.host.stop());

  test('closes everything that is not of the file, to the containers of the network alone', async () => {
    await scene.apply(networks, [], ips);
    for (const target of [scene.peer, theirs]) {
      await scene.expectClosed(app, target, 80);
      await scene.expectClosed(app, target, 123, 'udp');
      expect(await scene.pings(app, target)).toEqual([false, false]);
    }
    await scene.expectOpen(db, scene.peer);
  });

  test('leaves the network itself and the host open', async () => {
    await scene.expectOpen(app, other);
    await scene.expectOpen(app, scene.theHost());
  });

  test('is no policy for other networks of the file', async () => {
    await scene.expectClosed(app, db);
    await scene.apply(networks, [{ from: 'app', to: 'db', port: 80 }], ips);
    await scene.expectOpen(app, db);
    await scene.expectClosed(app, db, 81);
    await scene.expectClosed(app, scene.peer);
  });

  test('lets answers out to those who ask from outside', async () => {
    await scene.apply(networks, [], ips);
    expect(await scene.ask(scene.peer, '10.9.0.1', 8080)).toMatchObject({
      by: 'app',
      clientAddress: '10.9.0.2',
    });
    await scene.apply(networks, [{ from: 'any', to: 'app', port: 80 }], ips);
    await scene.expectOpen(scene.peer, app);
    await scene.expectClosed(app, scene.peer);
  });

  test('is opened by a policy to addresses, to a port of anything, and no further', async () => {
    const policies = [
      { from: 'app', to: ['10.9.0.0/24', 'fd09::/64'], port: 80 },
      { from: 'work', to: 'any', port: 123, proto: 'udp' },
    ];
    await scene.apply(networks, policies, ips);
    await scene.expectOpen(app, scene.peer, 80);
    await scene.expectClosed(app, scene.peer, 81);
    await scene.expectClosed(other, scene.peer, 80);
    await scene.expectClosed(app, theirs, 80);
    for (const from of [app, other]) {
      await scene.expectOpen(from, scene.peer, 123, 'udp');
      await scene.expectClosed(from, scene.peer, 124, 'udp');
    }
  });
});
