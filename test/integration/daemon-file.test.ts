import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { engineUnderTest } from '../host/engine-under-test.ts';
import { type DaemonScene, sceneFile, startDaemonScene, until, untilQuiet } from './daemon-scene.ts';

const soon = 5_000;

let scene: DaemonScene;

beforeAll(async () => {
  scene = await startDaemonScene();
});
afterAll(async () => await scene.host.stop());
beforeEach(async () => await untilQuiet(scene.daemon));

const [toDb, ...others] = sceneFile.policies;

/** The scene's file with these ports of the first policy. */
const save = (...ports: readonly number[]): unknown =>
  scene.host.write('networks.json', {
    ...sceneFile,
    policies: [...ports.map((port) => ({ ...toDb, port })), ...others],
  });

/** The engine's. */
const program = engineUnderTest.startsWith('podman') ? 'podman' : 'dockerd';

/** Whether the port is open, as the kernel has it: to start a probe the engine would have to be asked. */
const isOpen = async (port: number): Promise<boolean> => {
  const flow = `172.30.2.10,tcp:${port},172.30.1.10`;
  return (await scene.host.exec(['ipset', 'test', 'netwright-allow', flow])).exitCode === 0;
};

test('a changed policy is in force before the engine has answered anything', async () => {
  const { host, daemon } = scene;
  const passed = daemon.waitForLine(/"message":"pass".*"because":\["file"\],"changes":[1-9]/, 2 * soon);
  await host.sh(`kill -STOP $(pidof ${program})`);
  try {
    save(5432, 5433);
    await until('a new policy is in force', soon, async () => await isOpen(5433));
  } finally {
    await host.sh(`kill -CONT $(pidof ${program})`);
  }
  await passed;
  save(5432);
  await until('a removed policy is in force no more', soon, async () => !(await isOpen(5433)));
  expect(await isOpen(5432)).toBe(true);
});

test('what is flushed is repaired before the engine has answered anything', async () => {
  const { host, daemon } = scene;
  const passed = daemon.waitForLine(/"message":"pass".*"because":\["kernel: rules in host/, 3 * soon);
  await host.sh(`kill -STOP $(pidof ${program})`);
  try {
    await host.sh('nft flush ruleset');
    await until('the rules of the host are there again', soon, async () =>
      (await host.exec(['iptables-save'])).stdout.includes('-j NETWRIGHT-FORWARD'),
    );
  } finally {
    await host.sh(`kill -CONT $(pidof ${program})`);
  }
  await passed;
});

test('what somebody changed unheard since the last look is put right all the same', async () => {
  // The kernel tells nobody of what happens to a set.
  await scene.host.sh('ipset flush netwright-allow');
  expect(await isOpen(5432)).toBe(false);
  save(5432, 5433);
  await until('the new policy is in force', soon, async () => await isOpen(5433));
  await until('and the old one again', soon, async () => await isOpen(5432));
});

test('what cannot be done to a host that is another one by now is no failure', async () => {
  const { host, daemon } = scene;
  save(5432);
  await daemon.waitForLine(/"message":"pass".*"because":\["file"\],"changes":[1-9]/, soon);
  await untilQuiet(daemon);
  // A set with room for one element, where the remembered one had room for all.
  await host.sh('ipset create small hash:ip,port,net maxelem 1 && ipset swap small netwright-allow');
  save(5432, 5433, 5434);
  for (const port of [5432, 5433, 5434]) await until(`${port} is open`, soon, async () => await isOpen(port));
  await untilQuiet(daemon);
  expect(scene.log().filter(({ level }) => level === 'error')).toEqual([]);
});
