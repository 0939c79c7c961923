import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

test('everything the demo claims is so', async () => {
  const demo = await promisify(execFile)(path('../host/run'), ['node', path('../demo/demo.mjs')]).catch(
    (error: unknown) => error as { readonly stdout: string; readonly stderr: string },
  );
  expect(demo.stderr).toBe('');
  expect(demo.stdout).toMatch(/^Everything was as claimed, in \d+ s\.$/m);
});
