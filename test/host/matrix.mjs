// matrix.mjs [--reports FOLDER] ENGINE|all [VITEST ARGUMENT]…   runs the integration tests on one engine, or on each of the matrix.
// Ends with a line for each engine. Exit code 1 when tests failed, 3 when nothing did but an engine was not to be had.
// FOLDER gets vitest's report for each engine, and the lines in `summary`; a file that failed has a second try then, alone.
import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const output = (command, ...argv) => {
  const { status, stdout, stderr } = spawnSync(command, argv, { encoding: 'utf8' });
  return { ok: status === 0, stdout: stdout.trim(), stderr: stderr.trim() };
};

const known = output(path('engine-tree.sh')).stdout.split('\n');
const argv = process.argv.slice(2);
const kept = argv[0] === '--reports' ? argv.splice(0, 2)[1] : undefined;
const [asked, ...vitestArgv] = argv;
if (asked !== 'all' && !known.includes(asked)) {
  console.error(`usage: npm run test:engine -- ENGINE|all [FILTER]…\nengines: ${known.join(' ')}`);
  process.exit(2);
}

/** What vitest makes of the engine as one line. */
const test = (engine, report) => {
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const run = [path('../../node_modules/vitest/vitest.mjs'), 'run', '--project', 'integration'];
  const node = (argv) =>
    spawnSync(process.execPath, argv, {
      env: { ...process.env, NETWRIGHT_TEST_ENGINE: engine },
      stdio: 'inherit',
    }).status === 0;
  const passed =
    node([...run, ...reporters, ...vitestArgv]) ||
    (kept !== undefined && node([path('../../.ci/again.mjs'), report]));
  const counted = output(process.execPath, path('../../.ci/count.mjs'), report);
  return { code: passed ? 0 : 1, line: `${engine}: ${counted.stdout || counted.stderr}` };
};

const reports = kept ?? mkdtempSync(join(tmpdir(), 'netwright-matrix-'));
const results = (asked === 'all' ? known : [asked]).map((engine) => {
  const found = output(path('engine-tree.sh'), engine);
  if (found.ok) return test(engine, join(reports, `${engine}.json`));
  return { code: 3, line: `engine ${engine} not tested: ${found.stderr.split('\n').at(-1)}` };
});
if (kept === undefined) rmSync(reports, { recursive: true });
for (const { line } of results) {
  console.log(line);
  if (kept !== undefined) appendFileSync(join(kept, 'summary'), `${line}\n`);
}
const codes = results.map(({ code }) => code);
process.exitCode = codes.includes(1) ? 1 : Math.max(...codes);
