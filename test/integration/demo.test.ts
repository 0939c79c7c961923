import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

test('everything the demo claims is so', async () => {
  const demo = await promisify(execFile)(path('../host/run'), ['node', path('../demo/demo.mjs')], {
    timeout: 100_000,
  }).catch((error: unknown) => error as { readonly stdout: string; readonly stderr: string });
  expect(demo.stderr, demo.stdout).toBe('');
  expect(demo.stdout).toMatch(/^Everything was as claimed, in \d+ s\.$/m);
}, 120_000);
