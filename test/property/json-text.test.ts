import fc from 'fast-check';
import { expect, it } from 'vitest';
import { checkJson, indexJson } from '../../src/load/json-text.ts';

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

it('every place is where its value begins', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(undefined, 2), (value, indent) => {
      const json = JSON.stringify(value, null, indent);
      for (const { key, value: at } of indexJson(json).values()) {
        expect(json[at]).toMatch(/["{[\-0-9tfn]/);
        if (key !== undefined) expect(json[key]).toBe('"');
      }
    }),
  );
});
