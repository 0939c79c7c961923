import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { restartAll } from './containers.mjs';
import { jsonFile, netwright, quantile, run, save, startWatch, times } from './host.mjs';
import { openRules } from './kernel.mjs';
import { shareOut } from './processor-share.mjs';
import { fileOf } from './scene.mjs';

const policies = times(1000);
const flushes = times(30);
const everythings = times(10);
const restarts = times(4);
const bareRestarts = times(2);
/** As the systemd unit's `CPUWeight=` has it, and `cpu_shares` in a container. */
const share = 10;

/** Fifty containers with rules inside and a thousand policies: from a flush, and from fifty starts at once, until all is in the kernel again. */
export async function measureRepair() {
  save(jsonFile, JSON.stringify(fileOf(policies, { inside: true })));
  const bare = await bareStarts();
  const usual = await startsWithUsualShare();
  const daemon = await startWatch(jsonFile, share);
  await sleep(3000);
  const kernel = openRules();
  const flushed = await repairs(
    kernel,
    flushes,
    /^(add|insert) rule ip filter .*jump NETWRIGHT-FORWARD/,
    () => execFileSync('iptables-nft', ['-F']),
  );
  const started = await starts('NETWRIGHT-PREROUTING', restarts);
  const tables = await hookedTables();
  const everything = await repairs(kernel, everythings, tables, () =>
    execFileSync('nft', ['flush', 'ruleset']),
  );
  kernel.close();
  await daemon.stop();
  await netwright('destroy', '-f', jsonFile);
  const scene = `${policies} policies, 50 containers`;
  return [
    ...percentiles(`filter table flushed to repaired, ${scene}`, flushed, { p50: 100, p99: 400 }),
    ...percentiles(`whole ruleset flushed to repaired, ${scene}`, everything, { p50: 100, p99: 400 }),
    ...percentiles('container started to its rules inside, 50 at once', started, { p99: 500 }).map(
      (row, index) => ({ ...row, ratio: row.ms / bare[index].ms, against: 'a bare script' }),
    ),
    ...bare,
    ...usual,
  ];
}

async function starts(chain, count) {
  const took = [];
  for (let round = 0; round < count; round++) {
    took.push(...(await restartAll(chain)));
    await sleep(3000);
  }
  return took;
}

/** Where nobody gives the daemon more of the processor than any other process has. */
async function startsWithUsualShare() {
  const daemon = await startWatch(jsonFile);
  await sleep(3000);
  const took = await starts('NETWRIGHT-PREROUTING', bareRestarts);
  await daemon.stop();
  return percentiles('the same by a daemon with no more of the processor than others', took, {});
}

/** The same by a script that knows what to write and reads nothing, with the same share of the processor: the floor. */
async function bareStarts() {
  const script = spawn(process.execPath, [join(import.meta.dirname, 'bare-starts.mjs'), 'BARE'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(script.stdout, 'data');
  const back = shareOut(script.pid, 'script', share);
  const started = await starts('BARE', bareRestarts);
  script.kill();
  back();
  return percentiles('the same by a bare script that inspects and restores one table', started, {});
}

function percentiles(what, list, limits) {
  return Object.entries({ p50: 0.5, p99: 0.99 }).map(([name, part]) => {
    const ms = quantile(list, part);
    const limit = limits[name];
    return {
      what: `${what}: ${name} of ${list.length}`,
      ms,
      ...(limit !== undefined && { target: `under ${limit} ms`, met: ms < limit }),
    };
  });
}

/** A pattern for each table that has a hook of ours: all of them are to come back. */
async function hookedTables() {
  const patterns = [];
  for (const [tool, family] of [
    ['iptables-nft-save', 'ip'],
    ['ip6tables-nft-save', 'ip6'],
  ]) {
    let table;
    for (const line of (await run(tool, [])).split('\n')) {
      if (line.startsWith('*')) table = line.slice(1);
      const [, chain] = /^-A (?!NETWRIGHT).* -j (NETWRIGHT-\S+)$/.exec(line) ?? [];
      if (chain !== undefined)
        patterns.push(new RegExp(`^(add|insert) rule ${family} ${table} .*jump ${chain}`));
    }
  }
  return patterns;
}

async function repairs(kernel, count, patterns, damage) {
  const list = [];
  for (let index = 0; index < count; index++) {
    // Ten times within ten seconds is a quarrel, which is not what is measured here.
    await sleep(1100 + ((index * 53) % 200));
    const repaired = kernel.sees([patterns].flat());
    const began = performance.now();
    damage();
    list.push((await repaired) - began);
  }
  return list;
}
