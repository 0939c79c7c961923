import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { HostProcess } from '../host/host-process.ts';
import { limit, startWakeScene, type WakeScene } from './wake-scene.ts';
import { perlServer } from './wake-server.ts';

const cycles = 20;
/** Connections a millisecond apart: they outlast a stop and the start after it. */
const burst = 600;
const isWaking = /"message":"awake",.*"because":"ready"/;
/** Multiples of it, without their whole parts, are spread evenly. */
const golden = 0.618;

interface Burst {
  readonly answered: number;
  readonly others: readonly { readonly met: string; readonly at: string }[];
}

let scene: WakeScene;
let storm: HostProcess;

beforeAll(async () => {
  scene = await startWakeScene();
  await perlServer(scene, 'web');
  await scene.watch({
    web: { listen: 9090, target: { container_name: 'web', port: 80 }, idle: 1, stop_timeout: 1 },
  });
  const client = fileURLToPath(new URL('wake-storm.mjs', import.meta.url));
  storm = await scene.host.spawn([process.execPath, client, scene.address, '9090', 'web'], { in: scene.lan });
});

afterAll(async () => await scene.stop());

test('a container on demand answers connections a millisecond apart across its falling asleep and waking', {
  timeout: 900_000,
}, async () => {
  const fire = async (): Promise<number> => {
    storm.write(`${burst}\n`);
    const { others, answered } = JSON.parse(await storm.waitForLine(/^\{/, 120_000)) as Burst;
    expect(others, scene.daemon.lines.join('\n')).toEqual([]);
    expect(answered).toBe(burst);
    return scene.daemon.lines.filter((line) => isWaking.test(line)).length;
  };
  let wakes = await fire();
  const first = wakes;
  // The delay nears the instant at which it is too late to stay awake, from both sides, whatever the machine does.
  let delay = 200;
  for (let bursts = 1; wakes < first + cycles; bursts++) {
    await scene.daemon.waitForLine(/"message":"stopping"/, limit);
    const after = delay * (0.6 + 0.8 * ((bursts * golden) % 1));
    await sleep(after);
    const woken = await fire();
    console.info(
      `${Math.round(after)} ms after it began to fall asleep: ${woken > wakes ? 'woken' : 'kept awake'}`,
    );
    delay *= woken > wakes ? 0.9 : 1.5;
    wakes = woken;
  }
  expect((await scene.statusOf('web')).wakes).toBeGreaterThanOrEqual(cycles);
});
