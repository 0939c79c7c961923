import { describe, expect, test } from 'vitest';
import { countOf, fieldsOf, listOf, textFieldsOf, textOf, textsOf } from '../../../src/host/answer.ts';

describe('what an engine answers', () => {
  test('is read as what it is', () => {
    expect(fieldsOf({ a: 1 })).toEqual({ a: 1 });
    expect(listOf([1, 'a'])).toEqual([1, 'a']);
    expect(textOf('a')).toBe('a');
    expect(textsOf(['a', 1, null, 'b'])).toEqual(['a', 'b']);
    expect(textFieldsOf({ a: 'x', b: 1, c: null })).toEqual({ a: 'x' });
    expect(countOf(7)).toBe(7);
  });

  test.each([undefined, null, 'text', 5, [], {}, true])('and is nothing when it is %j instead', (other) => {
    if (typeof other !== 'object' || Array.isArray(other) || other === null) {
      expect(fieldsOf(other)).toEqual({});
      expect(textFieldsOf(other)).toEqual({});
    }
    if (!Array.isArray(other)) expect(listOf(other)).toEqual([]);
    if (typeof other !== 'string') expect(textOf(other)).toBe('');
    if (other !== 5) expect(countOf(other)).toBeUndefined();
  });

  test.each([0, -1, 1.5, Number.NaN, 2 ** 60])('is no count when it is %d', (number) => {
    expect(countOf(number)).toBeUndefined();
  });
});
