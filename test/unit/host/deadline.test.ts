import { expect, test } from 'vitest';
import { unlessAborted, withDeadline } from '../../../src/host/deadline.ts';

const never = () => new Promise<never>(() => undefined);
const timeUp = () => new Error('time is up');

test('work that ends in time is given back', async () => {
  const { signal } = new AbortController();
  expect(await withDeadline(signal, 1000, timeUp, () => Promise.resolve('done'))).toBe('done');
});

test('work that does not listen to its signal is left when the time is up', async () => {
  const { signal } = new AbortController();
  await expect(withDeadline(signal, 10, timeUp, never)).rejects.toThrow('time is up');
});

test('the work is told that the time is up', async () => {
  const { signal } = new AbortController();
  let told: AbortSignal | undefined;
  const work = (stop: AbortSignal) => {
    told = stop;
    return never();
  };
  await expect(withDeadline(signal, 10, timeUp, work)).rejects.toThrow('time is up');
  expect(told?.aborted).toBe(true);
});

test("the caller's reason comes before the work's own error", async () => {
  const caller = new AbortController();
  const work = (stop: AbortSignal) =>
    new Promise((_, reject) => stop.addEventListener('abort', () => reject(new Error('socket hang up'))));
  const working = withDeadline(caller.signal, 1000, timeUp, work);
  caller.abort(new Error('told to stop'));
  await expect(working).rejects.toThrow('told to stop');
});

test('nothing is begun for a caller that has stopped', async () => {
  let begun = false;
  const work = () => {
    begun = true;
    return Promise.resolve();
  };
  await expect(withDeadline(AbortSignal.abort(), 1000, timeUp, work)).rejects.toThrow('aborted');
  expect(begun).toBe(false);
});

test('work that cannot be ended is left when the signal fires', async () => {
  const caller = new AbortController();
  const work = unlessAborted(caller.signal, never());
  caller.abort(new Error('no longer wanted'));
  await expect(work).rejects.toThrow('no longer wanted');
});

test("what such work fails with later is nobody's concern", async () => {
  const caller = new AbortController();
  let fail: (error: Error) => void = () => undefined;
  const late = new Promise<never>((_, reject) => {
    fail = reject;
  });
  const work = unlessAborted(caller.signal, late);
  caller.abort(new Error('no longer wanted'));
  await expect(work).rejects.toThrow('no longer wanted');
  fail(new Error('too late'));
});

test('and work that ends before the signal fires is given back', async () => {
  const { signal } = new AbortController();
  expect(await unlessAborted(signal, Promise.resolve('done'))).toBe('done');
  await expect(unlessAborted(AbortSignal.abort(new Error('over')), never())).rejects.toThrow('over');
});
