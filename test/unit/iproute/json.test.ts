import { expect, test } from 'vitest';
import { parseJson } from '../../../src/iproute/json.ts';

const list = [{ ifname: 'a', mtu: 1500 }, { ifname: '\u001b[2J\u0001\u007f' }, { ifname: `a'"\\'b\n` }];

test('JSON is read as it is', () => {
  expect(parseJson(JSON.stringify(list))).toEqual(list);
  expect(parseJson(JSON.stringify(list, undefined, 2))).toEqual(list);
});

test('names with control characters and quotes, as ip writes them, are read', () => {
  const written = `[ {"ifname":"a'","mtu":1}, \n {"ifname":"\u001b[2J\u0001\u007f"}, {"ifname":"a\\'\\"\\\\\\'b\\n"} ]\n`;
  expect(parseJson(written)).toEqual([
    { ifname: "a'", mtu: 1 },
    { ifname: '\u001b[2J\u0001\u007f' },
    { ifname: `a'"\\'b\n` },
  ]);
});

test.each(['', '{', '[\u0001]', '["a', '["a\\'])('%j is no JSON', (text) => {
  expect(() => parseJson(text)).toThrow(SyntaxError);
});
