import { expect, test } from 'vitest';
import { DueLook } from '../../../src/cli/due-look.ts';

test('a look that was put off comes a second after the last time, and fifteen after the first', () => {
  const due = new DueLook();
  expect(due.at).toBeUndefined();
  due.put(1000);
  expect(due.at).toBe(2000);
  due.put(1900);
  expect(due.at).toBe(2900);
  expect(due.mayWait(15_999)).toBe(true);
  due.put(15_500);
  expect(due.at).toBe(16_000);
  expect(due.mayWait(16_000)).toBe(false);
  expect(due.mayGiveWay(16_000)).toBe(true);
  due.put(17_000);
  expect(due.at).toBe(17_000);
  expect(due.mayGiveWay(61_000)).toBe(false);
});

test('once it was had, the next may be put off anew', () => {
  const due = new DueLook();
  due.put(1000);
  due.done();
  expect(due.at).toBeUndefined();
  expect(due.mayWait(20_000)).toBe(true);
});
