import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { OwnEffects, ruleTransaction } from '../../../src/host/own-effects.ts';

const effect = ruleTransaction('host', 'iptables-nft-restore');

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('what we did is recognised once, also by the name as the kernel cuts it', async () => {
  const own = new OwnEffects();
  expect(await own.during(effect, () => Promise.resolve('done'))).toBe('done');
  expect(own.recognise(ruleTransaction('host', 'iptables-nft-re'))).toBe(true);
  expect(own.recognise(effect)).toBe(false);
});

test('what is heard while we are still at it is ours', async () => {
  const own = new OwnEffects();
  await own.during(effect, () => {
    expect(own.recognise(effect)).toBe(true);
    return Promise.resolve();
  });
  expect(own.recognise(effect)).toBe(false);
});

test('the same program elsewhere, or another program here, is somebody else', async () => {
  const own = new OwnEffects();
  await own.during(effect, () => Promise.resolve());
  expect(own.recognise(ruleTransaction('net:[4026532281]', 'iptables-nft-re'))).toBe(false);
  expect(own.recognise(ruleTransaction('host', 'iptables'))).toBe(false);
});

test('what failed has no effect, and what was not heard in time makes no sound', async () => {
  const own = new OwnEffects();
  await expect(own.during(effect, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(own.recognise(effect)).toBe(false);
  await own.during(effect, () => Promise.resolve());
  vi.advanceTimersByTime(2001);
  expect(own.recognise(effect)).toBe(false);
});
