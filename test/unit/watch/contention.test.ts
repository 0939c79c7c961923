import { describe, expect, test } from 'vitest';
import { Contention, usualContention } from '../../../src/watch/contention.ts';

const iptables = { name: 'iptables', pid: 7, count: 1 };
const repair = { area: 'rules host', what: 'rules on the host', times: 1, wanted: 'a' } as const;

/** A contention and what it told, by the second. */
function started() {
  const told: string[] = [];
  const contention = new Contention({
    contested: ({ what, by, wait }) => told.push(`${what} by ${by.map(({ name }) => name).join()} ${wait}`),
    over: ({ what }) => told.push(`${what} over`),
  });
  const repaired = (at: number, wanted = 'a', began = at) =>
    contention.passed([{ ...repair, wanted }], () => [iptables], began, at);
  const quiet = (at: number) => contention.passed([], () => [], at, at);
  return { contention, told, repaired, quiet };
}

describe('what is undone again and again', () => {
  test('ten repairs within ten seconds are a quarrel, told once with who it is', () => {
    const { contention, told, repaired } = started();
    for (let pass = 0; pass < 9; pass++) repaired(pass * 400);
    expect(contention.heldUntil('rules host', 3300)).toBeUndefined();
    repaired(4000);
    expect(told).toEqual(['rules on the host by iptables 1000']);
    expect(contention.heldUntil('rules host', 4100)).toBe(5000);
    expect(contention.nextLook(4100)).toBe(5000);
  });

  test('several in one pass count as many', () => {
    const { contention, told } = started();
    for (const at of [0, 4000, 8000]) contention.passed([{ ...repair, times: 4 }], () => [iptables], at, at);
    expect(told).toHaveLength(1);
  });

  test('nine within ten seconds, for however long, are none', () => {
    const { told, repaired } = started();
    for (let pass = 0; pass < 100; pass++) repaired(pass * 1112);
    expect(told).toEqual([]);
  });

  test('the wait doubles with each further one up to the longest, which is told once more', () => {
    const { contention, told, repaired } = started();
    for (let pass = 0; pass < 10; pass++) repaired(pass);
    const waits: number[] = [];
    for (let at = 9, step = 0; step < 8; step++) {
      const until = contention.heldUntil('rules host', at) ?? at;
      waits.push(until - at);
      at = until;
      repaired(at);
    }
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
    expect(told).toEqual(['rules on the host by iptables 1000', 'rules on the host by iptables 30000']);
  });

  test('repaired along with something else while it waits, it waits no longer for that', () => {
    const { contention, repaired } = started();
    for (let pass = 0; pass < 10; pass++) repaired(pass);
    repaired(500);
    expect(contention.heldUntil('rules host', 501)).toBe(1009);
  });

  test('other areas are not held', () => {
    const { contention, repaired } = started();
    for (let pass = 0; pass < 10; pass++) repaired(pass);
    expect(contention.heldUntil('routes host', 5)).toBeUndefined();
    expect(contention.heldUntil('rules net:[4026532281]', 5)).toBeUndefined();
    expect(contention.heldUntil(undefined, 5)).toBeUndefined();
  });

  test('it is over, and told so once, when it has been left alone for ten seconds', () => {
    const { contention, told, repaired, quiet } = started();
    for (let pass = 0; pass < 10; pass++) repaired(pass);
    quiet(1009);
    quiet(9000);
    expect(told).toHaveLength(1);
    expect(contention.nextLook(9000)).toBe(9 + usualContention.within);
    quiet(9 + usualContention.within);
    quiet(20_000);
    expect(told.slice(1)).toEqual(['rules on the host over']);
    expect(contention.list()).toEqual([]);
    expect(contention.nextLook(20_000)).toBeUndefined();
  });

  test('one slower than the wait is still the same quarrel', () => {
    const { told, repaired, quiet } = started();
    for (let pass = 0; pass < 10; pass++) repaired(pass);
    for (let at = 3000; at < 90_000; at += 3000) {
      quiet(at - 1);
      repaired(at);
    }
    expect(told.filter((line) => line.endsWith('over'))).toEqual([]);
    expect(told.length).toBeLessThanOrEqual(2);
  });

  test('what the file has changed since was not undone', () => {
    const { told, repaired } = started();
    for (let pass = 0; pass < 20; pass++) repaired(pass, `wanted ${pass}`);
    expect(told).toEqual([]);
  });
});
