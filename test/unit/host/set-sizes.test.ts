import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { SetSizes } from '../../../src/host/set-sizes.ts';

const children = () => readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8').trim();

test('one that is closed while it begins to ask leaves nobody behind who waits to be asked', async () => {
  const before = children();
  const sizes = new SetSizes(process.env);
  const asked = sizes.read(['nothing']);
  sizes.close();
  expect(await asked).toBeUndefined();
  expect(await sizes.readAfresh()).toBeUndefined();
  await expect.poll(children, { timeout: 10_000 }).toBe(before);
});
