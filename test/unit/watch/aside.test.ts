import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Aside } from '../../../src/watch/aside.ts';

function started() {
  const fired: [at: number, what: string][] = [];
  const origin = performance.now();
  const aside = new Aside(({ kind, detail }) => {
    fired.push([Math.round(performance.now() - origin), detail ?? kind]);
  });
  return { aside, fired, until: (ms: number) => origin + ms };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('what was put aside', () => {
  test('is taken up when its time has come, each once', () => {
    const { aside, fired, until } = started();
    aside.put({ kind: 'engine', detail: 'one', container: 'a' }, until(100));
    aside.put({ kind: 'engine', detail: 'one', container: 'a' }, until(300));
    aside.put({ kind: 'kernel', area: 'routes host' }, until(300));
    vi.advanceTimersByTime(1000);
    expect(fired).toEqual([
      [100, 'one'],
      [100, 'kernel'],
    ]);
  });

  test('is taken up earlier where nothing stands in its way, what is asked for anew first', () => {
    const { aside, fired, until } = started();
    aside.put({ kind: 'engine', detail: 'one' }, until(100));
    aside.put({ kind: 'awake' }, until(100));
    vi.advanceTimersByTime(40);
    aside.takeUp();
    vi.advanceTimersByTime(1000);
    expect(fired).toEqual([
      [40, 'awake'],
      [45, 'one'],
    ]);
  });

  test('is forgotten when it is stopped', () => {
    const { aside, fired, until } = started();
    aside.put({ kind: 'period' }, until(100));
    aside.stop();
    vi.advanceTimersByTime(1000);
    expect(fired).toEqual([]);
  });
});
