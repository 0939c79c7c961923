// Measures netwright on a throwaway host and prints one table; the figures go to bench/results.json.
// Run by `npm run bench`, which builds first and starts the host: every figure is of a real engine and a real kernel.
// `npm run bench -- apply rest` measures only these; all of them take about seven minutes. `--quick` only shows that it works.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release } from 'node:os';
import { join } from 'node:path';
import { measureApply } from './apply.mjs';
import { measureChange } from './change.mjs';
import { measureColdStart } from './cold-start.mjs';
import { measureConnections } from './connections.mjs';
import { buildScene, engine, quick, time } from './host.mjs';
import { measureLabels } from './labels.mjs';
import { measureRelay } from './relay.mjs';
import { measureRepair } from './repair.mjs';
import { measureRest } from './rest.mjs';
import { printRows } from './table.mjs';
import { measureValidate } from './validate.mjs';

const parts = {
  validate: measureValidate,
  apply: measureApply,
  change: measureChange,
  connections: measureConnections,
  labels: measureLabels,
  relay: measureRelay,
  wake: measureColdStart,
  rest: measureRest,
  // The last, for it takes the engine's own rules away.
  repair: measureRepair,
};
/** These have containers of their own. */
const withoutScene = ['validate', 'relay', 'wake'];
const asked = process.argv.slice(2).filter((name) => name !== '--quick');
const unknown = asked.filter((name) => !(name in parts));
if (unknown.length > 0)
  throw new Error(`no ${unknown.join(', ')}: there are ${Object.keys(parts).join(', ')}`);

const busy = loadavg()[0];
const version = await engine('GET', '/version');
const machine = {
  cores: cpus().length,
  kernel: release(),
  node: process.version,
  engine: `docker ${version.Version}`,
  'load before': busy.toFixed(1),
  at: new Date().toISOString(),
};
const results = join(import.meta.dirname, '../../bench/results.json');
const rows = asked.length === 0 ? [] : keptRows();
const needsScene = asked.length === 0 || asked.some((name) => !withoutScene.includes(name));
if (needsScene) console.log(`the scene: ${((await time(buildScene)) / 1000).toFixed(1)} s`);
for (const [name, measure] of Object.entries(parts)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  const measured = [];
  const took = await time(async () => measured.push(...(await measure())));
  console.log(`\n${name}: ${(took / 1000).toFixed(0)} s\n${printRows(measured)}`);
  rows.push(...measured.map((row) => ({ part: name, ...row })));
  mkdirSync(join(results, '..'), { recursive: true });
  if (!quick) writeFileSync(results, `${JSON.stringify({ machine, rows }, null, 2)}\n`);
}

console.log(
  `\n${Object.entries(machine)
    .map(([key, value]) => `${key} ${value}`)
    .join(', ')}`,
);
const missed = rows.filter(({ met }) => met === false);
console.log(missed.length === 0 ? 'Every target is met.' : `\nNot met:\n${printRows(missed)}`);
if (busy > 1) console.log('The machine was busy before this began: ratios hold, milliseconds do not.');

/** What other parts measured last time stays. */
function keptRows() {
  try {
    return JSON.parse(readFileSync(results, 'utf8')).rows.filter(({ part }) => !asked.includes(part));
  } catch {
    return [];
  }
}
