// count.mjs [--names] REPORT…: vitest's JSON reports as one line, or the tests that failed and those that only a second try
// passed, each with the first line of what it said. A file whose tests could not even begin counts as one that failed.
import { readFileSync } from 'node:fs';
import { basename, relative } from 'node:path';

const isNames = process.argv[2] === '--names';

const filesOf = (report) => {
  const text = readFileSync(report, 'utf8');
  const none = { name: 'no report', status: 'failed', message: 'vitest wrote none', assertionResults: [] };
  const { testResults } = text === '' ? { testResults: [none] } : JSON.parse(text);
  return testResults.map((file) => ({ ...file, run: basename(report, '.json') }));
};

/** The tests of a file; one that could not begin, or failed as a whole, is one more that failed. */
const testsOf = ({ run, name, status, message, assertionResults, firstTry = [] }) => {
  const own = assertionResults.map((test) => ({ ...test, message: test.failureMessages?.[0] }));
  const whole = status === 'failed' && !own.some((test) => test.status === 'failed');
  const tests = whole ? [...own, { status: 'failed', fullName: '(all of it)', message }] : own;
  const at = `${run}: ${relative(process.cwd(), name)}`;
  return [...tests, ...firstTry.map((test) => ({ ...test, status: 'second try' }))].map((test) => ({
    ...test,
    at,
  }));
};

const tests = process.argv
  .slice(isNames ? 3 : 2)
  .flatMap(filesOf)
  .flatMap(testsOf);
const withStatus = (...wanted) => tests.filter(({ status }) => wanted.includes(status));
const count = (...wanted) => withStatus(...wanted).length;

if (isNames) {
  const described = ({ at, fullName, message = '' }) => `${at} > ${fullName}\n    ${message.split('\n')[0]}`;
  for (const test of withStatus('failed')) console.log(`FAILED ${described(test)}`);
  for (const test of withStatus('second try')) console.log(`failed at the first try ${described(test)}`);
  const late = withStatus('second try').map(({ at, fullName }) => `${at} > ${fullName}`);
  if (late.length > 0) console.log(`${late.length} passed only at the second try: ${late.join('; ')}`);
} else {
  console.log(
    `${count('passed')} passed, ${count('failed')} failed, ${count('skipped', 'pending', 'todo', 'disabled')} skipped`,
  );
}
