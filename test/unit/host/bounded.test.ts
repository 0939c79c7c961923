import { expect, test } from 'vitest';
import { mapBounded } from '../../../src/host/bounded.ts';

const tick = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

test('results come in the order of the items, with no more at work than allowed', async () => {
  let atWork = 0;
  let most = 0;
  const results = await mapBounded([5, 1, 3, 2, 4], 2, async (item) => {
    most = Math.max(most, ++atWork);
    await tick(item);
    atWork--;
    return item * 10;
  });
  expect(results).toEqual([50, 10, 30, 20, 40]);
  expect(most).toBe(2);
});

test('a result that is undefined keeps its place', async () => {
  const results = await mapBounded([1, 2, 3], 8, (item) => Promise.resolve(item === 2 ? undefined : item));
  expect(results).toEqual([1, undefined, 3]);
});

test('the first failure is told', async () => {
  const failing = mapBounded([1, 2], 1, (item) => Promise.reject(new Error(`no ${item}`)));
  await expect(failing).rejects.toThrow('no 1');
});
