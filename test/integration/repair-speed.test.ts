import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { HostProcess } from '../host/host-process.ts';
import { type DaemonScene, startDaemonScene } from './daemon-scene.ts';

const rounds = 15;
/** Ten times within ten seconds are a quarrel, with which the daemon is patient. */
const betweenMs = 1100;

let scene: DaemonScene;
beforeAll(async () => {
  scene = await startDaemonScene({ iptables: 'nft' });
});
afterAll(async () => await scene.host.stop());

/**
 * From flush to repair, as the kernel tells of them. A busy machine is slow at everything: what it takes to list the rules and to put
 * them back by hand is measured in between, and comes on top of what a quiet one is allowed.
 */
test('flushed rules are back within a tenth of a second, and the slowest within four', async () => {
  const monitor = await scene.host.spawn(['nft', 'monitor', 'rules']);
  const repairs: number[] = [];
  const byHand: number[] = [];
  for (let round = 0; round < rounds; round++) {
    await sleep(betweenMs);
    monitor.forget();
    const flushed = seen(monitor, /^delete rule ip filter NETWRIGHT-FORWARD /);
    const repaired = flushed.then(async () => await seen(monitor, /^add rule ip filter NETWRIGHT-FORWARD /));
    await scene.host.exec(['iptables-nft', '-F', 'NETWRIGHT-FORWARD']);
    repairs.push((await repaired) - (await flushed));
    byHand.push(await restoringByHand());
  }
  const told = { repairs: summary(repairs), byHand: summary(byHand) };
  console.info(JSON.stringify(told));
  expect(told.repairs.p50, JSON.stringify(told)).toBeLessThan(100 + told.byHand.p50);
  expect(told.repairs.most, JSON.stringify(told)).toBeLessThan(400 + 2 * told.byHand.most);
}, 120_000);

async function seen(monitor: HostProcess, line: RegExp): Promise<number> {
  await monitor.waitForLine(line, 20_000);
  return performance.now();
}

async function restoringByHand(): Promise<number> {
  const began = performance.now();
  await scene.host.sh('iptables-nft-save | iptables-nft-restore --test; ip6tables-nft-save >/dev/null');
  return performance.now() - began;
}

function summary(milliseconds: readonly number[]): { readonly p50: number; readonly most: number } {
  const sorted = milliseconds.toSorted((one, other) => one - other);
  return { p50: Math.round(sorted[sorted.length >> 1] ?? 0), most: Math.round(sorted.at(-1) ?? 0) };
}
