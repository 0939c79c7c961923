import { readFile } from 'node:fs/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';

interface Field {
  readonly [keyword: string]: unknown;
}

const schemaFile = new URL('../../../schemas/networks.schema.json', import.meta.url);
const schema = JSON.parse(await readFile(schemaFile, 'utf8')) as Field;

/** Every schema within this one, with its place. */
function fieldsOf(place: string, field: Field): readonly (readonly [string, Field])[] {
  const children = Object.entries(field).flatMap(([keyword, value]) => {
    if (value === null || typeof value !== 'object') return [];
    if (['$defs', 'properties', 'patternProperties'].includes(keyword)) {
      return Object.entries(value as Field).map(
        ([key, inner]) => [`${keyword}.${key}`, inner as Field] as const,
      );
    }
    return ['items', 'additionalProperties', 'propertyNames'].includes(keyword)
      ? [[keyword, value as Field] as const]
      : [];
  });
  return [[place, field], ...children.flatMap(([step, inner]) => fieldsOf(`${place}/${step}`, inner))];
}

const fields = fieldsOf('', schema);

describe('the schema', () => {
  it('is JSON Schema 2020-12', () => {
    expect(schema['$schema']).toBe('https://json-schema.org/draft/2020-12/schema');
    const ajv = new Ajv2020({ allowUnionTypes: true });
    expect(ajv.validateSchema(schema), ajv.errorsText()).toBe(true);
  });

  it('explains every field with title, description and examples', () => {
    const silent = fields.filter(
      ([, field]) => !['title', 'description', 'examples'].every((word) => word in field),
    );
    expect(fields.length).toBeGreaterThan(80);
    expect(silent.map(([place]) => place)).toEqual([]);
  });

  it('has examples and defaults that it accepts itself', () => {
    const ajv = new Ajv2020({ allowUnionTypes: true, strict: false });
    ajv.addSchema(schema, 'file');
    for (const [place, field] of fields) {
      const { $id, ...rest } = field;
      const check = ajv.compile({ ...rest, ...($id === undefined && { $defs: schema['$defs'] }) });
      const samples = [
        ...(field['examples'] as unknown[]),
        ...('default' in field ? [field['default']] : []),
      ];
      for (const sample of samples) expect(check(sample), `${place}: ${JSON.stringify(sample)}`).toBe(true);
    }
  });
});
