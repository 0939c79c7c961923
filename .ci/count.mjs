// count.mjs REPORT: vitest's JSON report as one line; a file whose tests could not even begin counts as one that failed.
import { readFileSync } from 'node:fs';

const text = readFileSync(process.argv[2], 'utf8');
const files = text === '' ? [{ status: 'failed', assertionResults: [] }] : JSON.parse(text).testResults;
const results = files.flatMap(({ status, assertionResults }) => {
  const own = assertionResults.map((test) => test.status);
  return status === 'failed' && !own.includes('failed') ? [...own, 'failed'] : own;
});
const count = (...wanted) => results.filter((status) => wanted.includes(status)).length;
console.log(
  `${count('passed')} passed, ${count('failed')} failed, ${count('skipped', 'pending', 'todo', 'disabled')} skipped`,
);
