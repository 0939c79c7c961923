// again.mjs REPORT: runs each file that failed by this vitest report once again, alone. What it says then is the verdict and takes
// the first one's place in the report, which keeps what had failed as `firstTry`. Exit code 1 when something still fails.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';

/** More than these are no accident. */
const most = 4;

const path = process.argv[2];
const report = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8') || '{}') : {};
const failed = (report.testResults ?? []).filter(({ status }) => status === 'failed');

/** The file's results in a run of its own, or undefined when that ended without any. */
const alone = (name) => {
  const second = `${path}.again`;
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${second}`];
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', ...reporters, relative(process.cwd(), name)];
  const { status } = spawnSync(process.execPath, vitest, { stdio: 'inherit' });
  const [result] = existsSync(second) ? JSON.parse(readFileSync(second, 'utf8')).testResults : [];
  rmSync(second, { force: true });
  return status === 0 || result?.status === 'failed' ? result : undefined;
};

const tried = (first) => {
  console.log(`once again, alone: ${relative(process.cwd(), first.name)}`);
  const result = alone(first.name);
  if (result === undefined || result.status === 'failed') return result ?? first;
  const tests = first.assertionResults.filter(({ status }) => status === 'failed');
  const firstTry = tests.map(({ fullName, failureMessages }) => ({ fullName, message: failureMessages[0] }));
  return {
    ...result,
    firstTry: tests.length > 0 ? firstTry : [{ fullName: '(all of it)', message: first.message }],
  };
};

// A run that failed without a file that did has failed by something else, of which a second try of nothing tells nothing.
const verdicts = failed.length > most ? failed : failed.map(tried);
if (verdicts.length > 0) {
  const of = new Map(verdicts.map((verdict) => [verdict.name, verdict]));
  const testResults = report.testResults.map((file) => of.get(file.name) ?? file);
  writeFileSync(path, JSON.stringify({ ...report, testResults }));
}
process.exitCode = failed.length > 0 && verdicts.every(({ status }) => status !== 'failed') ? 0 : 1;
