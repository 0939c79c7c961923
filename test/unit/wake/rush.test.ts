import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Rush } from '../../../src/wake/rush.ts';

const has = (id: string) => id === 'a';

function started() {
  let over = 0;
  const rush = new Rush(() => {
    over++;
  });
  return { rush, over: () => over };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** For how long from now other work gives way; undefined where it does not. */
const patience = (rush: Rush) => {
  const until = rush.until(performance.now());
  return until === undefined ? undefined : Math.round(until - performance.now());
};

describe('a wake that somebody waits for', () => {
  test('is given way to for a second while its container starts, and a quarter of one from then on', () => {
    const { rush } = started();
    expect(patience(rush)).toBeUndefined();
    rush.begin('web', has);
    expect([patience(rush), rush.isOf('a'), rush.isOf('b')]).toEqual([1000, true, false]);
    vi.advanceTimersByTime(400);
    rush.started('b');
    expect(patience(rush)).toBe(600);
    rush.started('a');
    expect(patience(rush)).toBe(250);
    vi.advanceTimersByTime(250);
    expect([patience(rush), rush.isOf('a')]).toEqual([undefined, false]);
  });

  test('that took longer is given way to again when who waits is carried there', () => {
    const { rush } = started();
    rush.begin('web', has);
    vi.advanceTimersByTime(5000);
    rush.answers('web');
    expect(patience(rush)).toBe(250);
  });

  test('is over once, with the last', () => {
    const { rush, over } = started();
    rush.begin('web', has);
    rush.begin('api', has);
    rush.over('web');
    expect(over()).toBe(0);
    rush.over('api');
    rush.over('api');
    expect([over(), patience(rush)]).toEqual([1, undefined]);
  });

  test('after wake is given way to for a second and a half in all', () => {
    const { rush } = started();
    for (let index = 0; index < 10; index++) {
      rush.begin(`web${index}`, has);
      vi.advanceTimersByTime(140);
    }
    expect(patience(rush)).toBe(100);
    vi.advanceTimersByTime(100);
    rush.begin('last', has);
    expect(patience(rush)).toBeUndefined();
  });
});
