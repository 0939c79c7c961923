// Measures netwright on a throwaway host and prints one table; the figures go to bench/results.json.
// Run by `npm run bench`, which builds first and starts the host: every figure is of a real engine and a real kernel.
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { join } from 'node:path';
import { measureApply } from './apply.mjs';
import { engine } from './host.mjs';
import { measureValidate } from './validate.mjs';
import { measureWatch } from './watch.mjs';

const sizes = [10, 100, 1000];
const version = await engine('GET', '/version');
const rows = [...(await measureValidate()), ...(await measureApply(sizes)), ...(await measureWatch())];
const machine = {
  cores: cpus().length,
  kernel: release(),
  node: process.version,
  engine: `docker ${version.Version}`,
  at: new Date().toISOString(),
};
const folder = join(import.meta.dirname, '../../bench');
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'results.json'), `${JSON.stringify({ machine, rows }, null, 2)}\n`);

const cells = rows.map(({ what, ms, against, ratio, target }) => [
  what,
  `${ms.toFixed(ms < 10 ? 1 : 0)} ms`,
  ratio === undefined ? '' : `${ratio.toFixed(2)} x ${against}`,
  target ?? '',
]);
const header = ['what (median, unless told)', 'time', 'beside', 'target'];
const widths = header.map((title, column) =>
  Math.max(title.length, ...cells.map((cell) => cell[column].length)),
);
const line = (cell) =>
  cell
    .map((text, column) => text.padEnd(widths[column]))
    .join('   ')
    .trimEnd();
console.log(`\n${Object.values(machine).join(', ')}\n`);
console.log([line(header), ...cells.map(line)].join('\n'));
