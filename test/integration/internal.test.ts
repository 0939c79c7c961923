import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { at, type Member, named, Scene, subnets } from './isolation-scene.ts';

const front = subnets(1);
const inner = { ...subnets(2), internal: true };
const ips = named({ app: at(1, 20), vault: at(2, 10) });

describe('an internal network', () => {
  let scene: Scene;
  let app: Member;
  let vault: Member;

  beforeAll(async () => {
    scene = await Scene.start();
    await scene.apply({ front, inner });
    app = await scene.member('app', 'front', at(1, 20));
    vault = await scene.member('vault', 'inner', at(2, 10));
    // Podman 4 puts its own rules before ours when the first container joins.
    await scene.apply({ front, inner });
  });

  afterAll(async () => await scene.host.stop());

  /** The container tries to get out, which its engine gave it no way for, and somebody outside knows the way in. */
  const breakOut = async () => {
    for (const [version, gateway, outside, inside] of [
      ['-4', '172.30.2.1', '10.9.0.1', '172.30.2.0/24'],
      ['-6', 'fd30:2::1', 'fd09::1', 'fd30:2::/64'],
    ]) {
      await scene.host.sh(`ip ${version} route replace default via ${gateway}`, { in: vault.place });
      await scene.host.sh(`ip ${version} route replace ${inside} via ${outside}`, { in: scene.peer.place });
    }
  };

  test('is reached by nobody and reaches nobody, whatever routes its members give themselves', async () => {
    await breakOut();
    await scene.expectClosed(app, vault);
    await scene.expectClosed(vault, app);
    await scene.expectClosed(vault, scene.peer);
    await scene.expectClosed(scene.peer, vault);
  });

  test('is opened by a policy, for that alone', async () => {
    await scene.apply({ front, inner }, [{ from: 'app', to: 'vault', port: 80 }], ips);
    await scene.expectOpen(app, vault, 80);
    await scene.expectClosed(app, vault, 81);
    await scene.expectClosed(vault, app);
    await scene.expectClosed(vault, scene.peer);
    await scene.expectClosed(scene.peer, vault, 80);
  });

  test('stays open for it when somebody joins', async () => {
    await scene.member('second', 'inner', at(2, 11));
    await scene.apply({ front, inner }, [{ from: 'app', to: 'vault', port: 80 }], ips);
    await scene.expectOpen(app, vault, 80);
    await scene.expectClosed(vault, scene.peer);
  });

  test('is as closed as before when the policy is gone', async () => {
    await scene.apply({ front, inner }, [], ips);
    await scene.expectClosed(app, vault, 80);
    const { host } = scene;
    if (host.isPodman)
      expect(await host.sh('cat /proc/sys/net/ipv[46]/conf/nw-inner/forwarding')).toBe('0\n0\n');
  });
});
