import { describe, expect, test } from 'vitest';
import { changedRules, narrowFor } from '../../../src/cli/asked-for.ts';
import type { Cause } from '../../../src/watch/cause.ts';

const started = (container: string): Cause => ({ kind: 'engine', detail: 'container start', container });

describe('a pass is of some containers alone', () => {
  test('when events name them', () => {
    expect(narrowFor([started('a'), started('b'), started('a')])).toEqual({
      containers: new Set(['a', 'b']),
      mayBeStarting: new Set(),
      rules: new Set(),
      hostRoutes: false,
      andAll: false,
    });
  });

  const joined = (container: string): Cause => ({
    kind: 'engine',
    detail: 'network connect',
    container,
    area: 'engine',
    mayBeStarting: true,
  });

  test('of those that may be about to start when none has started', () => {
    expect(narrowFor([joined('a'), joined('b')])).toMatchObject({
      containers: new Set(['a', 'b']),
      mayBeStarting: new Set(['a', 'b']),
    });
  });

  test('and not of them while others have started, who would wait for them', () => {
    expect(narrowFor([joined('a'), joined('b'), started('a')])).toMatchObject({
      containers: new Set(['a']),
      mayBeStarting: new Set(),
    });
  });

  test('with what others changed in rules and in the host’s routes meanwhile', () => {
    const causes: readonly Cause[] = [
      started('a'),
      { kind: 'kernel', area: 'rules net:[1]' },
      { kind: 'kernel', area: 'routes inside' },
      { kind: 'kernel', area: 'routes host' },
    ];
    expect(narrowFor(causes)).toEqual({
      containers: new Set(['a']),
      mayBeStarting: new Set(),
      rules: new Set(['net:[1]']),
      hostRoutes: true,
      andAll: false,
    });
  });

  test.each<readonly [string, Cause]>([
    ['a network that was made', { kind: 'engine', detail: 'network create', area: 'engine' }],
    ['sets', { kind: 'kernel', area: 'sets' }],
    ['sysctls', { kind: 'kernel', area: 'sysctls host' }],
    ['time', { kind: 'retry' }],
    ['events that were too many to tell', { kind: 'engine', detail: 'and more' }],
  ])('before all is looked at that is asked for by %s', (_, cause) => {
    expect(narrowFor([cause, started('a')])).toMatchObject({ containers: new Set(['a']), andAll: true });
  });

  test.each<Cause['kind']>(['file', 'reload', 'connected', 'awake'])(
    'but not when there is %s too',
    (kind) => {
      expect(narrowFor([started('a'), { kind }])).toBeUndefined();
    },
  );

  test('and not when none is named', () => {
    expect(narrowFor([])).toBeUndefined();
    expect(narrowFor([{ kind: 'kernel', area: 'routes inside' }])).toBeUndefined();
  });
});

describe('rules are put right before all is looked at', () => {
  const rules: Cause = { kind: 'kernel', area: 'rules host' };
  const inside: Cause = { kind: 'kernel', area: 'rules net:[1]' };
  const routes: Cause = { kind: 'kernel', area: 'routes host' };
  const links: Cause = { kind: 'kernel', area: 'routes inside' };

  test.each<readonly [string, readonly Cause[], 'nft' | 'legacy', readonly string[] | undefined]>([
    ['where they were changed', [rules, inside], 'nft', ['host', 'net:[1]']],
    ['whatever was changed of routes besides', [routes, links, rules], 'nft', ['host']],
    ['when the file asks for it, of what was seen', [{ kind: 'file' }], 'nft', []],
    ['when routes are changed, where nobody tells of rules', [routes, links], 'legacy', ['host']],
    ['not for routes alone', [routes, links], 'nft', undefined],
    ['not for what containers do', [rules, started('a')], 'nft', undefined],
    ['not for sysctls', [rules, { kind: 'kernel', area: 'sysctls host' }], 'nft', undefined],
    ['not for time', [{ kind: 'period' }], 'legacy', undefined],
  ])('%s', (_, causes, backend, expected) => {
    expect(changedRules(causes, { backend })).toEqual(expected && new Set(expected));
  });
});
