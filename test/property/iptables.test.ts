import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseSave } from '../../src/iptables/parse.ts';
import { parseRule } from '../../src/iptables/parse-rule.ts';
import { renderRestore } from '../../src/iptables/render.ts';
import { renderRule } from '../../src/iptables/render-rule.ts';
import { ownership } from '../../src/model/ownership.ts';
import { ruleKey } from '../../src/model/rule-key.ts';
import type { Family, Rule } from '../../src/model/ruleset.ts';
import { families, rules } from './arbitraries.ts';

const familyAndRule = families.chain((family) => fc.tuple(fc.constant(family), rules(family)));

describe('rules as text', () => {
  test('a rule that was rendered is read as the same rule', () => {
    fc.assert(
      fc.property(familyAndRule, ([family, rule]) => {
        expect(parseRule(renderRule(rule, family), family)).toEqual(rule);
      }),
      { numRuns: 500 },
    );
  });

  test('a rule is one line whatever its texts hold', () => {
    fc.assert(
      fc.property(familyAndRule, ([family, rule]) => {
        expect(renderRule(rule, family)).not.toMatch(/\p{Cc}/u);
      }),
    );
  });

  test('a text with a control character in it is never rendered', () => {
    const broken = fc
      .tuple(fc.string(), fc.integer({ min: 0, max: 31 }), fc.string())
      .map(([before, code, after]) => `${before}${String.fromCharCode(code)}${after}`);
    fc.assert(
      fc.property(broken, fc.integer({ min: 0, max: 5 }), (text, place) => {
        const withText: readonly Rule[] = [
          { match: {}, target: { kind: 'accept' }, comment: text },
          { match: {}, target: { kind: 'log', prefix: text } },
          { match: {}, target: { kind: 'jump', chain: text } },
          { match: { inInterface: text }, target: { kind: 'accept' } },
          { match: { source: text }, target: { kind: 'accept' } },
          { match: {}, target: { kind: 'dnat', address: text } },
        ];
        const rule = withText[place] ?? { match: {}, target: { kind: 'accept' } };
        expect(() => renderRule(rule, 4)).toThrow();
        expect(() => renderRule(rule, 6)).toThrow();
      }),
    );
  });

  test('no output of iptables-save, however odd, makes reading it throw', () => {
    const word = fc.oneof(
      fc.constantFrom(
        '*nat',
        ':A - [0:0]',
        '-A',
        'NETWRIGHT-FORWARD',
        '-j',
        '!',
        '--dport',
        '"',
        '-m',
        'COMMIT',
        '\n',
      ),
      fc.string({ maxLength: 8 }),
    );
    fc.assert(
      fc.property(families, fc.array(word, { maxLength: 40 }), (family, found) => {
        expect(() => parseSave(found.join(' ').replaceAll(' \n ', '\n'), family, ownership())).not.toThrow();
      }),
    );
  });
});

describe('whole tables as text', () => {
  test('what a transaction writes is what reading finds', () => {
    const tables = families.chain((family) =>
      fc.tuple(fc.constant(family), fc.array(rules(family), { maxLength: 8 })),
    );
    fc.assert(
      fc.property(tables, ([family, found]) => {
        const written = [
          ...(parseSave(restored(family, found), family, ownership())[0]?.chains.values() ?? []),
        ];
        expect(written.map((chain) => chain.map(ruleKey))).toEqual([found.map(ruleKey)]);
      }),
    );
  });
});

function restored(family: Family, found: readonly Rule[]): string {
  const chains = [{ name: 'NETWRIGHT-FORWARD', rules: found }];
  return renderRestore(
    { family, table: 'filter', chains, unhook: [], hook: [], removeChains: [] },
    ownership(),
  );
}
