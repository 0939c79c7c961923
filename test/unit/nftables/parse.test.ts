import { describe, expect, test } from 'vitest';
import { parseFrames } from '../../../src/nftables/parse.ts';

const parsed = (...entries: readonly object[]) =>
  parseFrames(JSON.stringify({ nftables: [{ metainfo: {} }, { table: { name: 'netwright' } }, ...entries] }));
const chain = { chain: { name: 'forward', hook: 'forward', prio: -310, policy: 'accept' } };
const ruleOf = (...expr: readonly object[]) => ({ rule: { chain: 'forward', expr } });
const textOf = (...expr: readonly object[]) => parsed(chain, ruleOf(...expr)).chains.get('forward')?.[1];
const match = (left: object, right: unknown, op = '==') => ({ match: { op, left, right } });

describe('what nft lists', () => {
  test('a set is what it holds, in one order, its addresses in one spelling', () => {
    const elem = [{ concat: ['veth2', 'fd00:0:0::2'] }, { concat: ['veth1', 'fd00::1'] }];
    const { sets } = parsed({ set: { name: 'at6', type: ['ifname', 'ipv6_addr'], elem } });
    expect(sets.get('at6')).toEqual(['ifname . ipv6_addr', 'veth1 . fd00::1', 'veth2 . fd00::2']);
  });

  test('a set with other flags, or elements with a timeout, is another one', () => {
    const flagged = parsed({ set: { name: 'ports', type: 'ifname', flags: ['interval'] } });
    expect(flagged.sets.get('ports')).toEqual(['ifname ["interval"]']);
    const timed = parsed({
      set: { name: 'ports', type: 'ifname', elem: [{ elem: { val: 'veth1', timeout: 5 } }] },
    });
    expect(timed.sets.get('ports')?.[1]).toContain('timeout');
  });

  test('a chain has its hook first, and then its rules', () => {
    const meta = { meta: { key: 'iifname' } };
    expect(parsed(chain, ruleOf(match(meta, '@ports'), { drop: null })).chains.get('forward')).toEqual([
      'hook forward -310 accept',
      'iifname @ports drop',
    ]);
    expect(parsed({ chain: { name: 'adverts' } }).chains.get('adverts')).toEqual(['no hook']);
  });

  test('a neighbour’s target is the same whether nft knows its name', () => {
    const raw = { payload: { base: 'th', offset: 64, len: 128 } };
    const named = { payload: { protocol: 'icmpv6', field: 'taddr' } };
    const texts = [textOf(match(raw, '0x00fd')), textOf(match(named, '::fd'))];
    expect(texts).toEqual(['@th,64,128 0xfd', '@th,64,128 0xfd']);
  });

  test('what is not ours is no rule of ours', () => {
    expect(textOf({ counter: { packets: 1, bytes: 2 } }, { accept: null })).toContain('counter');
    expect(textOf(match({ meta: { key: 'iifname' } }, 'veth1', '<'))).toContain('match');
    expect(parsed({ flowtable: { name: 'fast' } }).sets.size).toBe(1);
  });
});
