// count.mjs REPORT…: vitest's JSON reports as one line; a file whose tests could not even begin counts as one that failed.
import { readFileSync } from 'node:fs';

const filesOf = (report) => {
  const text = readFileSync(report, 'utf8');
  return text === '' ? [{ status: 'failed', assertionResults: [] }] : JSON.parse(text).testResults;
};
const results = process.argv
  .slice(2)
  .flatMap(filesOf)
  .flatMap(({ status, assertionResults }) => {
    const own = assertionResults.map((test) => test.status);
    return status === 'failed' && !own.includes('failed') ? [...own, 'failed'] : own;
  });
const count = (...wanted) => results.filter((status) => wanted.includes(status)).length;
console.log(
  `${count('passed')} passed, ${count('failed')} failed, ${count('skipped', 'pending', 'todo', 'disabled')} skipped`,
);
