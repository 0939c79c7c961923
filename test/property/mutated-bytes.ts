import type { Chance } from '../chance.ts';
import { goodTexts } from './good-files.ts';
import { hostileTexts } from './hostile-values.ts';

type ByteMutation = readonly [name: string, mutate: (bytes: Buffer, chance: Chance) => Buffer];

const scraps = [
  '\0',
  '\r',
  '\n',
  '\t',
  '\u2028',
  '\ufeff',
  '"',
  "'",
  '\\',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  ': ',
  '- ',
  '---\n',
  '...\n',
  '#',
  '&a ',
  '*a',
  '<<: *a\n',
  '!!binary ',
  '!!js/function ',
  '%YAML 1.1\n',
  '? ',
  '| \n',
  '> \n',
  '@',
  '`',
  '0x10',
  '1e999',
  '-0',
  '.inf',
  '.nan',
  '~',
  'null',
  'yes',
  '0o17',
  '1_000',
  '9'.repeat(400),
  '"__proto__": {"polluted": true},',
  'constructor: {prototype: {polluted: true}}\n',
  '\ud83d\ude00',
  '\xff',
];

function cut(bytes: Buffer, from: number, length: number, put: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, from), put, bytes.subarray(Math.min(bytes.length, from + length))]);
}

const nothing = Buffer.alloc(0);
/** What becomes of a text by bad luck, a broken tool, or somebody who tries. */
export const byteMutations: readonly ByteMutation[] = [
  ['flip a bit', flipBit],
  ['cut', (bytes, chance) => cut(bytes, chance.below(bytes.length), 1 + chance.below(12), nothing)],
  ['end early', (bytes, chance) => bytes.subarray(0, chance.below(bytes.length + 1))],
  [
    'put a scrap',
    (bytes, chance) => cut(bytes, chance.below(bytes.length + 1), 0, Buffer.from(chance.anyOf(scraps))),
  ],
  [
    'put a scrap over',
    (bytes, chance) => cut(bytes, chance.below(bytes.length + 1), 3, Buffer.from(chance.anyOf(scraps))),
  ],
  [
    'put a hostile text',
    (bytes, chance) =>
      cut(bytes, chance.below(bytes.length + 1), chance.below(6), Buffer.from(chance.anyOf(hostileTexts))),
  ],
  [
    'say a part twice',
    (bytes, chance) => {
      const from = chance.below(bytes.length + 1);
      return cut(bytes, from, 0, Buffer.from(bytes.subarray(from, from + chance.below(200))));
    },
  ],
  [
    'say a part of another file',
    (bytes, chance) => {
      const other = Buffer.from(chance.anyOf(goodTexts));
      const from = chance.below(other.length);
      return cut(
        bytes,
        chance.below(bytes.length + 1),
        chance.below(40),
        other.subarray(from, from + chance.below(200)),
      );
    },
  ],
  ['carriage returns', (bytes) => Buffer.from(bytes.toString('latin1').replaceAll('\n', '\r\n'), 'latin1')],
  ['a byte order mark', (bytes) => Buffer.concat([Buffer.from('\ufeff'), bytes])],
  ['UTF-16', (bytes) => Buffer.from(bytes.toString(), 'utf16le')],
  ['tabs', (bytes) => Buffer.from(bytes.toString('latin1').replaceAll('  ', '\t'), 'latin1')],
];

function flipBit(bytes: Buffer, chance: Chance): Buffer {
  const copy = Buffer.from(bytes);
  const at = chance.below(copy.length);
  copy[at] = (copy[at] ?? 0) ^ (1 << chance.below(8));
  return copy;
}
