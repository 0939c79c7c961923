import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Cause } from '../../../src/watch/cause.ts';
import { usualTiming } from '../../../src/watch/timing.ts';
import { type PassEnd, Trigger } from '../../../src/watch/trigger.ts';

const quietly: PassEnd = { changed: false, settled: true };
const advance = (ms: number) => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('more causes than can be told are one more that asks for everything', async () => {
  const passes: (readonly Cause[])[] = [];
  const trigger = new Trigger((causes) => {
    passes.push(causes);
    return Promise.resolve(quietly);
  });
  for (let event = 0; event < 1100; event++) trigger.fire({ kind: 'kernel', detail: `${event}` });
  await advance(1000);
  expect(passes).toHaveLength(1);
  expect(passes[0]).toHaveLength(1001);
  expect(passes[0]?.at(-1)).toEqual({ kind: 'engine', detail: 'and more' });
});

test('what is heard of during a pass is known to it, and is for the next one', async () => {
  const passes: { readonly causes: readonly Cause[]; readonly heard: readonly Cause[] }[] = [];
  const trigger = new Trigger(async (causes, meanwhile) => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    passes.push({ causes, heard: meanwhile() });
    return quietly;
  });
  const first: Cause = { kind: 'retry' };
  const second: Cause = { kind: 'kernel', area: 'sets' };
  trigger.fire(first);
  await advance(usualTiming.quiet + 20);
  trigger.fire(second);
  await advance(1000);
  expect(passes).toEqual([
    { causes: [first], heard: [second] },
    { causes: [second], heard: [] },
  ]);
});
