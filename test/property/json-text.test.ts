import fc from 'fast-check';
import { expect, it } from 'vitest';
import { jsonPlaces } from '../../src/load/json-places.ts';
import { checkJson } from '../../src/load/json-text.ts';
import { escapeStep } from '../../src/load/problem.ts';

const text = fc.oneof(
  fc.json(),
  fc.string(),
  fc.stringMatching(/^[-+0-9.eE\s{}[\],:"\\untrfalse]*$/),
  fc
    .tuple(fc.json(), fc.nat(60), fc.string({ maxLength: 2 }))
    .map(([json, at, put]) => json.slice(0, at) + put + json.slice(at + 1)),
);

function parses(json: string): boolean {
  try {
    JSON.parse(json);
    return true;
  } catch {
    return false;
  }
}

it('a text is malformed exactly when JSON.parse says so', () => {
  fc.assert(
    fc.property(text, (json) => {
      const isMalformed = checkJson(json).some(({ code }) => code === 'syntax');
      expect(isMalformed).toBe(!parses(json));
    }),
    { numRuns: 3000 },
  );
});

it('every value is found where it begins, and nothing that is not there', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(undefined, 2), (value, indent) => {
      const json = JSON.stringify(value, null, indent);
      const find = jsonPlaces(json);
      for (const [pointer, expected] of valuesIn(value)) {
        const place = find(pointer);
        expect(startOf(json.slice(place?.value))).toEqual(startOf(JSON.stringify(expected, null, indent)));
        expect(find(`${pointer}/none of these`)).toBeUndefined();
        if (place?.key !== undefined) {
          const key = escapeStep(
            JSON.parse(/^"(?:[^"\\]|\\.)*"/.exec(json.slice(place.key))?.[0] ?? '') as string,
          );
          expect(pointer.endsWith(`/${key}`)).toBe(true);
        }
      }
    }),
  );
});

/** A nested value is printed with another indentation where it stands. */
function startOf(json: string): string {
  return /^([{[]|"(?:[^"\\]|\\.)*"|[^\s,\]}]+)/.exec(json)?.[0] ?? 'none';
}

function* valuesIn(value: unknown, pointer = ''): Generator<readonly [pointer: string, value: unknown]> {
  yield [pointer, value];
  if (typeof value !== 'object' || value === null) return;
  for (const [key, child] of Object.entries(value)) yield* valuesIn(child, `${pointer}/${escapeStep(key)}`);
}
