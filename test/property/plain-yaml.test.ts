import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import { readPlainYaml } from '../../src/load/plain-yaml.ts';
import { escapeStep } from '../../src/load/problem.ts';
import { parseAnyYaml } from '../../src/load/yaml-text.ts';
import { Chance } from '../chance.ts';
import { goodTexts } from './good-files.ts';
import { mutatedFile } from './mutated-files.ts';

/** Whether the text was read without the parser; it then has what the parser finds in it, each thing in the same place. */
function readsAsTheParser(text: string): boolean {
  const plain = readPlainYaml(text);
  if (plain === undefined) return false;
  const parsed = parseAnyYaml(text);
  if (!parsed.ok)
    throw new Error(`a mistake is overlooked in ${JSON.stringify(text)}: ${parsed.problems[0]?.message}`);
  // A map with the key `constructor` is equal to no other for toStrictEqual.
  expect([text, isDeepStrictEqual(plain.value, parsed.value)]).toEqual([text, true]);
  expect(JSON.stringify(plain.value)).toBe(JSON.stringify(parsed.value));
  for (const pointer of pointersIn(parsed.value)) {
    expect([pointer, plain.find(pointer)]).toStrictEqual([pointer, parsed.find(pointer)]);
    expect(plain.find(`${pointer}/none of these`)).toBeUndefined();
  }
  return true;
}

function pointersIn(value: unknown, at = ''): readonly string[] {
  if (typeof value !== 'object' || value === null) return [at];
  return [
    at,
    ...Object.entries(value).flatMap(([key, inner]) => pointersIn(inner, `${at}/${escapeStep(key)}`)),
  ];
}

const word = fc.oneof(
  fc.constantFrom(
    'a',
    'web-0',
    'true',
    'False',
    'null',
    '~',
    '10',
    '007',
    '-1',
    '0x10',
    '0o7',
    '1e3',
    '1.5',
    '.5',
    '1_000',
    '8000-8100',
  ),
  fc.constantFrom(
    '10.0.0.0/8',
    '172.30.1.1',
    'fd30::/64',
    'fd30::',
    '::1',
    '02:11:22:33:44:55',
    '12:30',
    '2026-11-21',
    'a: b',
    'a #b',
    'a#b',
    'a b',
  ),
  fc.constantFrom(
    '"a b"',
    "'a: b'",
    '"a\\nb"',
    "'it''s'",
    '"ä"',
    '*a',
    '&a b',
    '!!str a',
    '| ',
    '@a',
    '%a',
    '? a',
    '- a',
    '<<',
    '__proto__',
    '',
    '"1"',
  ),
  fc.stringMatching(/^[0-9a-fxoeE.+_:/ #'"-]{1,8}$/),
);
const flow = fc.oneof(
  fc.array(word, { maxLength: 3 }).map((words) => `[${words.join(', ')}]`),
  fc
    .array(fc.tuple(word, word), { maxLength: 3 })
    .map((pairs) => `{ ${pairs.map((pair) => pair.join(': ')).join(', ')} }`),
  fc.constantFrom(
    '{}',
    '[]',
    '[ ]',
    '[a,b]',
    '[a, ]',
    '{ a: }',
    '{a: b}',
    '{ a: { b: [1] } }',
    '{ a: b',
    '{ "a":b }',
    '[[a], {b: c}]',
    '{ a: b } # c',
    '[a]b',
  ),
);
const usual = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('a', '10', 'web-0', '10.0.0.0/8', '"a b"', '[a, b]', '{ a: b }') },
  { weight: 1, arbitrary: fc.oneof(word, flow) },
);
const name = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j') },
  { weight: 1, arbitrary: word },
);
const line = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(name, usual).map(([key, value]) => `${key}: ${value}`) },
  { weight: 5, arbitrary: name.map((key) => `${key}:`) },
  { weight: 4, arbitrary: usual.map((value) => `- ${value}`) },
  { weight: 4, arbitrary: fc.tuple(name, usual).map(([key, value]) => `- ${key}: ${value}`) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '- a:',
      '-  b: c',
      '-',
      '- - a',
      '---',
      '...',
      '# c',
      '',
      ' ',
      '#',
      'a:b',
      '-a',
      'k: # l',
    ),
  },
);
const lines = fc
  .array(fc.tuple(fc.constantFrom(0, 0, 0, 2, 2, 2, 2, 4, 1), line), { minLength: 1, maxLength: 6 })
  .map((parts) => parts.map(([indent, text]) => ' '.repeat(indent) + text).join('\n'));

it('a text of lines that may or may not fit each other is read as the parser reads it', () => {
  let read = 0;
  fc.assert(
    fc.property(lines, fc.constantFrom('', '\n', '\n\n'), (text, end) => {
      if (readsAsTheParser(text + end)) read++;
    }),
    { numRuns: 20_000 },
  );
  expect(read).toBeGreaterThan(300);
});

it('a value that stands alone is what the parser takes it for', () => {
  let read = 0;
  fc.assert(
    fc.property(fc.oneof(word, flow), (value) => {
      for (const text of [
        `a: ${value}\n`,
        `a:\n  - ${value}\n  - b`,
        `a: { b: ${value}, c: [${value}] }`,
        `${value}: a`,
      ])
        if (readsAsTheParser(text)) read++;
    }),
    { numRuns: 5_000 },
  );
  expect(read).toBeGreaterThan(2000);
});

it('every good file, printed in any style, and every mutation of one is read as the parser reads it', () => {
  const random = new Chance(1);
  const styles = ['block', 'flow', 'any'] as const;
  const printed = goodTexts.flatMap((text) => {
    const parsed = parseAnyYaml(text);
    return parsed.ok
      ? styles.map((collectionStyle) => stringify(parsed.value, { collectionStyle, lineWidth: 0 }))
      : [];
  });
  const good = [...goodTexts, ...printed].filter(readsAsTheParser);
  expect(good.length).toBeGreaterThan(goodTexts.length / 2);
  const mutated = Array.from({ length: 3000 }, () => mutatedFile(random).bytes.toString());
  expect(mutated.filter(readsAsTheParser).length).toBeGreaterThan(300);
});
