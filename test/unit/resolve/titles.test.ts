import { expect, test } from 'vitest';
import type { PolicyEntry } from '../../../src/model/config.ts';
import { commentOf, policyTitle } from '../../../src/resolve/titles.ts';

test('a comment fits the kernel and one line, whatever the names in it', () => {
  const policy: PolicyEntry = {
    origin: { file: 'a.yaml', pointer: '/policies/0' },
    index: 0,
    from: Array.from({ length: 40 }, (_, n) => `a-rather-long-name-${n}`),
    to: ['wéb"\n-j ACCEPT'],
    ports: [],
    proto: 'any',
    action: 'accept',
    log: false,
  };
  const comment = commentOf(`${policyTitle(policy)} (from ${'x'.repeat(10_000)})`);
  expect(comment).toMatch(/^[\x20-\x7e]{1,250}$/);
  expect(comment).toContain('(from x');
  expect(commentOf('wéb"\n-j ACCEPT')).toBe('w?b??-j ACCEPT');
});
