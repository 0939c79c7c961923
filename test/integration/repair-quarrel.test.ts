import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Status } from '../../src/model/status.ts';
import type { HostProcess } from '../host/host-process.ts';
import { type DaemonScene, meets, sceneFile, startDaemonScene, until } from './daemon-scene.ts';

let scene: DaemonScene;
beforeAll(async () => {
  scene = await startDaemonScene();
});
afterAll(async () => await scene.host.stop());

const passes = () => scene.log().filter(({ message }) => message === 'pass').length;

test('a tool that flushes our chain again and again is named, and met with fewer and fewer repairs', async () => {
  const { host, app, daemon } = scene;
  const loop = 'while :; do iptables -F NETWRIGHT-FORWARD; sleep 0.05; done';
  const fighter: HostProcess = await host.spawn(['sh', '-c', loop]);
  const warned = await daemon.waitForLine(/"message":"somebody keeps undoing our repairs"/, 30_000);
  expect(JSON.parse(warned)).toMatchObject({
    level: 'warn',
    what: 'rules on the host',
    by: expect.stringMatching(/^iptables \(\d+ processes, the last pid \d+ on the host\)$/) as string,
  });

  // Some seconds later a repair is many seconds away from the next, and the daemon does next to nothing.
  await sleep(4000);
  const before = passes();
  const began = performance.now();
  const status = JSON.parse((await host.netwright(['status', '--json'])).stdout) as Status;
  expect(status.contested).toMatchObject([
    { what: 'rules on the host', by: expect.stringContaining('iptables') as string },
  ]);
  expect((await host.netwright(['status'])).stdout).toMatch(
    /contested\n.*rules on the host\n.*iptables.* keeps undoing it/,
  );
  await sleep(5000 - (performance.now() - began));
  expect(passes() - before).toBeLessThanOrEqual(3);

  // The file is put into force at once all the same, the contested rules with it for a moment.
  const edited = [{ from: 'app', to: 'db', port: 7001 }, ...sceneFile.policies];
  host.write('networks.json', { ...sceneFile, policies: edited });
  const set = async () => (await host.sh('ipset list netwright-allow')).includes('tcp:7001');
  expect(await until('an edit during the quarrel', 5000, set)).toBeLessThan(2000);

  // So is a container that was taken out of its network.
  await host.docker.getNetwork('back').disconnect({ Container: 'db', Force: true });
  await until('a container is back in its network', 10_000, async () => {
    const { NetworkSettings } = await host.docker.getContainer('db').inspect();
    return 'back' in NetworkSettings.Networks;
  });

  await fighter.kill('SIGKILL');
  await daemon.waitForLine(/"message":"repairs last again"/, 60_000);
  expect(await meets(host, app, { address: '172.30.2.10', port: 5432 })).toBe('db');
  const after = JSON.parse((await host.netwright(['status', '--json'])).stdout) as Status;
  expect(after.contested).toEqual([]);
}, 180_000);
