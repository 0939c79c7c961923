import { describe, expect, test } from 'vitest';
import { amountOf, Received } from '../../../src/wake/received.ts';

const least = { packets: 3, bytes: 0 };

describe('what came from clients lately', () => {
  test('is not known to be little before the time has gone by', () => {
    const received = new Received();
    expect([0, 500, 999, 1000].map((now) => received.isLessThan(least, 1000, [], now))).toEqual([
      false,
      false,
      false,
      true,
    ]);
    received.begin();
    expect(received.isLessThan(least, 1000, [], 1001)).toBe(false);
  });

  test('is what came within the time, and nothing older', () => {
    const received = new Received();
    received.isLessThan(least, 1000, [], 0);
    received.add({ packets: 3, bytes: 1 });
    expect(received.isLessThan(least, 1000, [], 1000)).toBe(false);
    expect(received.isLessThan(least, 1000, [], 2000)).toBe(true);
  });

  test('is enough only with both, packets and bytes', () => {
    const received = new Received();
    const both = { packets: 3, bytes: 100 };
    received.isLessThan(both, 1000, [], 0);
    received.add({ packets: 3, bytes: 99 });
    expect(received.isLessThan(both, 1000, [], 1000)).toBe(true);
    expect(received.isLessThan({ packets: 3, bytes: 99 }, 1000, [], 1000)).toBe(false);
  });

  test('counts what is open, and counts it once when it closes', () => {
    const received = new Received();
    const open = { toTarget: 3000, toClient: 0, quiet: 0 };
    received.isLessThan(least, 1000, [], 0);
    expect(amountOf(open)).toEqual({ packets: 4, bytes: 3000 });
    expect(received.isLessThan({ packets: 5, bytes: 0 }, 1000, [open], 1000)).toBe(true);
    received.add(amountOf(open));
    expect(received.isLessThan({ packets: 4, bytes: 3000 }, 1000, [], 1000)).toBe(false);
  });
});
