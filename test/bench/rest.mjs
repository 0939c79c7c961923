import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { jsonFile, netwright, run, save, startWatch, times } from './host.mjs';
import { fileOf } from './scene.mjs';

const policies = times(10_000);
const settling = times(20_000);
const watched = times(60_000);

/** The daemon with nothing to do, two of its periodic looks included, and with all the processes it starts. */
export async function measureRest() {
  save(jsonFile, JSON.stringify(fileOf(policies)));
  const daemon = await startWatch(jsonFile);
  await sleep(settling);
  const ticks = Number(await run('getconf', ['CLK_TCK']));
  const before = ticksOf(daemon.pid);
  await sleep(watched);
  const share = (ticksOf(daemon.pid) - before) / ticks / (watched / 1000);
  const resident = residentOf(daemon.pid);
  const helpers = childrenOf(daemon.pid).reduce((sum, pid) => sum + residentOf(pid), 0);
  await daemon.stop();
  await netwright('destroy', '-f', jsonFile);
  return [
    {
      what: `watch at rest, ${policies} policies: resident`,
      value: resident,
      unit: ' MB',
      against: `its ${helpers.toFixed(0)} MB of monitors apart`,
      target: 'under 100 MB',
      met: resident < 100,
    },
    {
      what: `watch at rest, ${policies} policies: of a core, with its processes, over ${watched / 1000} s`,
      value: share * 100,
      unit: ' %',
      target: 'under 0.5 %',
      met: share < 0.005,
    },
  ];
}

/** User and system time of the process and of its children, ended ones included. */
function ticksOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /s, '')
    .split(' ');
  const own = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return childrenOf(pid).reduce((sum, child) => sum + ticksOf(child), own);
}

function residentOf(pid) {
  return Number(/^VmRSS:\s+([0-9]+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0) / 1024;
}

function childrenOf(pid) {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'latin1').split(' ').filter(Boolean).map(Number),
  );
}
