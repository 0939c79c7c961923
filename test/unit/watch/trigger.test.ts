import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Cause } from '../../../src/watch/cause.ts';
import { usualTiming } from '../../../src/watch/timing.ts';
import { type PassEnd, Trigger } from '../../../src/watch/trigger.ts';

const quietly = { changed: false, settled: true };
const changing = { changed: true, settled: true };
const stuck = { changed: false, settled: false };
const failing = { changed: true, settled: false };

/** A trigger whose passes take `takes` ms of fake time and end as told, and what they were begun for. */
function started(
  ends: (pass: number) => PassEnd = () => quietly,
  takes = 50,
  heldUntil: (cause: Cause) => number | undefined = () => undefined,
) {
  const passes: { at: number; causes: string[] }[] = [];
  let running = 0;
  let mostRunning = 0;
  const trigger = new Trigger(
    async (causes: readonly Cause[]) => {
      running++;
      mostRunning = Math.max(mostRunning, running);
      passes.push({ at: Math.round(performance.now() - origin), causes: causes.map(({ kind }) => kind) });
      const end = ends(passes.length);
      if (takes > 0) await new Promise((resolve) => setTimeout(resolve, takes));
      running--;
      return end;
    },
    usualTiming,
    heldUntil,
  );
  const origin = performance.now();
  return { trigger, passes, mostRunning: () => mostRunning };
}

const advance = (ms: number) => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('one trigger for all causes', () => {
  test('a hundred events at once are one pass that knows their causes', async () => {
    const { trigger, passes } = started();
    for (let event = 0; event < 100; event++) trigger.fire({ kind: event % 2 === 0 ? 'engine' : 'kernel' });
    await advance(1000);
    expect(passes).toEqual([{ at: usualTiming.quiet, causes: ['engine', 'kernel'] }]);
  });

  test('a container that has started waits for nothing else', async () => {
    const { trigger, passes } = started();
    trigger.fire({ kind: 'engine', container: 'a', mayBeStarting: true });
    await advance(3);
    trigger.fire({ kind: 'engine', container: 'b', urgent: true });
    await advance(1000);
    expect(passes).toEqual([{ at: 3, causes: ['engine', 'engine'] }]);
  });

  test('what happens to containers before they start is waited for longer', async () => {
    const { trigger, passes } = started();
    trigger.fire({ kind: 'engine', container: 'a', mayBeStarting: true });
    await advance(1000);
    expect(passes).toEqual([{ at: usualTiming.quiet * usualTiming.beforeStart, causes: ['engine'] }]);
  });

  test('a hundred events spread over a pass are at most two passes', async () => {
    const { trigger, passes } = started(undefined, 300);
    for (let event = 0; event < 100; event++) {
      trigger.fire({ kind: 'engine' });
      await advance(2);
    }
    await advance(5000);
    expect(passes).toHaveLength(2);
  });

  test('passes never overlap', async () => {
    const { trigger, passes, mostRunning } = started(undefined, 40);
    for (let event = 0; event < 100; event++) {
      trigger.fire({ kind: 'kernel' });
      await advance(17);
    }
    expect(passes.length).toBeGreaterThan(10);
    expect(mostRunning()).toBe(1);
  });

  test('an event during the last moment of a pass is not lost', async () => {
    const { trigger, passes } = started();
    trigger.fire({ kind: 'start' });
    await advance(usualTiming.quiet + 49);
    trigger.fire({ kind: 'kernel' });
    await advance(1000);
    expect(passes.map(({ causes }) => causes)).toEqual([['start'], ['kernel']]);
  });

  test('events that never stop do not postpone the pass for ever', async () => {
    const { trigger, passes } = started();
    for (let event = 0; event < 60; event++) {
      trigger.fire({ kind: 'engine' });
      await advance(5);
    }
    expect(passes[0]?.at).toBe(usualTiming.longestWait);
  });

  test('an unsettled pass is tried again after 0.5, 1, 2 s and so on up to 30 s', async () => {
    const { trigger, passes } = started(() => stuck, 0);
    trigger.fire({ kind: 'start' });
    await advance(200_000);
    const gaps = passes.slice(1).map(({ at }, index) => at - (passes[index]?.at ?? 0));
    expect(gaps.slice(0, 8)).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
    expect(passes[1]?.causes).toEqual(['retry']);
  });

  test('success begins the back-off anew', async () => {
    const { trigger, passes } = started((pass) => (pass === 3 ? changing : stuck), 0);
    trigger.fire({ kind: 'start' });
    await advance(1600);
    expect(passes).toHaveLength(3);
    await advance(30_100);
    expect(passes[3]?.causes).toEqual(['period']);
    await advance(600);
    expect(passes[4]?.causes).toEqual(['retry']);
  });

  test('a real event is answered at once, however far the back-off has gone, and begins it anew', async () => {
    const { trigger, passes } = started(() => stuck, 0);
    trigger.fire({ kind: 'start' });
    await advance(10_000);
    const before = passes.length;
    trigger.fire({ kind: 'engine' });
    await advance(usualTiming.quiet);
    expect(passes).toHaveLength(before + 1);
    await advance(500);
    expect(passes).toHaveLength(before + 2);
  });

  test('the events a failing pass makes itself do not make it spin', async () => {
    const { trigger, passes } = started(() => {
      for (const delay of [10, 40, 100]) setTimeout(() => trigger.fire({ kind: 'kernel' }), delay);
      return failing;
    });
    trigger.fire({ kind: 'start' });
    await advance(10_000);
    expect(passes.length).toBeLessThan(15);
    expect(passes[4]?.causes).toEqual(['kernel', 'retry']);
  });

  test('a pass that fails and changes nothing delays no repair', async () => {
    const { trigger, passes } = started(() => stuck);
    trigger.fire({ kind: 'start' });
    await advance(usualTiming.quiet + 50);
    trigger.fire({ kind: 'kernel' });
    await advance(usualTiming.quiet);
    expect(passes).toHaveLength(2);
  });

  test('a repair is not delayed because something else keeps failing', async () => {
    const { trigger, passes } = started((pass) => (pass % 2 === 1 ? failing : stuck), 0);
    for (let flush = 1; flush <= 10; flush++) {
      trigger.fire({ kind: 'kernel' });
      await advance(usualTiming.quiet);
      trigger.fire({ kind: 'kernel' });
      await advance(usualTiming.quiet);
      expect(passes).toHaveLength(2 * flush);
    }
  });

  test('what looks like an echo is answered within a second, however far the back-off has gone', async () => {
    const { trigger, passes } = started((pass) => (pass < 8 ? stuck : failing), 0);
    trigger.fire({ kind: 'start' });
    while (passes.length < 10) await advance(100);
    await advance(100);
    trigger.fire({ kind: 'kernel' });
    await advance(usualTiming.echoWait);
    expect(passes).toHaveLength(11);
  });

  test('what is held waits until then and is a cause of that pass; others are served at once, and it with them', async () => {
    const origin = performance.now();
    const end = { ...changing, nextLook: origin + 8000 };
    const held = (cause: Cause) =>
      cause.area === 'sets' && performance.now() < origin + 8000 ? origin + 8000 : undefined;
    const { trigger, passes } = started(() => end, 10, held);
    for (let time = 0; time < 100; time++) {
      trigger.fire({ kind: 'kernel', area: 'sets' });
      await advance(50);
    }
    expect(passes).toEqual([]);
    trigger.fire({ kind: 'file' });
    await advance(20);
    expect(passes.map(({ causes }) => causes)).toEqual([['kernel', 'file']]);
    trigger.fire({ kind: 'kernel', area: 'sets' });
    await advance(2000);
    expect(passes).toHaveLength(1);
    await advance(1100);
    expect(passes[1]).toEqual({ at: 8000, causes: ['kernel', 'retry'] });
  });

  test('what comes during a pass that ends with it held waits too', async () => {
    const until = performance.now() + 3000;
    const held = () => (performance.now() < until ? until : undefined);
    let holding = false;
    const { trigger, passes } = started(
      () => {
        holding = true;
        return { ...changing, nextLook: Math.max(until, performance.now() + 1000) };
      },
      50,
      () => (holding ? held() : undefined),
    );
    trigger.fire({ kind: 'kernel' });
    await advance(usualTiming.quiet + 10);
    trigger.fire({ kind: 'kernel' });
    await advance(2900);
    expect(passes).toHaveLength(1);
    await advance(200);
    expect(passes).toHaveLength(2);
  });

  test('who changed something is kept through a burst, by name', async () => {
    const seen: Cause[] = [];
    const trigger = new Trigger((causes) => {
      seen.push(...causes);
      return Promise.resolve(quietly);
    });
    for (const [name, pid] of [
      ['iptables', 1],
      ['iptables', 2],
      ['nft', 3],
    ] as const)
      trigger.fire({ kind: 'kernel', area: 'rules host', by: [{ name, pid, count: 1 }] });
    await advance(usualTiming.quiet);
    const by = [
      { name: 'iptables', pid: 2, count: 2 },
      { name: 'nft', pid: 3, count: 1 },
    ];
    expect(seen).toEqual([{ kind: 'kernel', area: 'rules host', by }]);
  });

  test('a new file is tried at once after an unsettled pass', async () => {
    const { trigger, passes } = started(() => stuck);
    trigger.fire({ kind: 'start' });
    await advance(usualTiming.quiet + 10);
    trigger.fire({ kind: 'file' });
    await advance(40 + usualTiming.quiet);
    expect(passes.map(({ causes }) => causes)).toEqual([['start'], ['file']]);
  });

  test('a file that comes while nothing runs waits for nothing', async () => {
    const { trigger, passes } = started();
    trigger.fire({ kind: 'file' });
    await advance(1);
    expect(passes).toHaveLength(1);
  });

  test('without any event there is a pass every period', async () => {
    const { trigger, passes } = started(undefined, 0);
    trigger.fire({ kind: 'start' });
    await advance(95_000);
    expect(passes.map(({ causes }) => causes[0])).toEqual(['start', 'period', 'period', 'period']);
  });

  test('stop waits for the running pass and nothing begins after it', async () => {
    const { trigger, passes } = started();
    trigger.fire({ kind: 'start' });
    await advance(usualTiming.quiet + 10);
    trigger.fire({ kind: 'file' });
    let stopped = false;
    void trigger.stop().then(() => {
      stopped = true;
    });
    await advance(39);
    expect(stopped).toBe(false);
    await advance(1);
    expect(stopped).toBe(true);
    trigger.fire({ kind: 'file' });
    await advance(100_000);
    expect(passes).toHaveLength(1);
  });
});
