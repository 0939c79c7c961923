import type { ErrorObject } from 'ajv/dist/2020.js';
import type { Origin } from '../model/config.ts';
import { nearest } from '../model/names.ts';
import { type Finding, orList, quote, stepsOf, within } from './problem.ts';

/** A mistake the schema found, in plain words; the schema's `$comment`s say what was expected. */
export function explain(error: ErrorObject, origin: Origin): Finding {
  const schema = error.parentSchema as { $comment?: string; properties?: object } | undefined;
  const params = error.params as {
    additionalProperty?: string;
    missingProperty?: string;
    allowedValues?: unknown[];
  };
  const expected = schema?.$comment ?? 'something else';
  const base = { severity: 'error', code: 'schema', origin } as const;
  const path = nameOf(origin.pointer);

  if (error.keyword === 'additionalProperties') {
    const key = params.additionalProperty ?? '';
    const known = Object.keys(schema?.properties ?? {});
    const at = { ...base, code: 'unknown-key', origin: within(origin, key), atKey: true } as const;
    if (known.length === 0)
      return { ...at, message: `${path}: ${quote(key)} does not belong in ${expected}` };
    const near =
      nearest(key.toLowerCase(), known, 3) ??
      (known.includes(key.toLowerCase()) ? key.toLowerCase() : undefined);
    const hint = near === undefined ? `known here: ${known.join(', ')}` : `did you mean ${quote(near)}?`;
    return { ...at, message: `unknown key ${quote(key)}${path === '' ? '' : ` in ${path}`}`, hint };
  }
  if (error.keyword === 'required') {
    return { ...base, atKey: true, message: `${path} has no ${params.missingProperty ?? ''}` };
  }
  if (error.propertyName !== undefined || error.keyword === 'propertyNames') {
    const key = error.propertyName ?? String((error.params as { propertyName?: string }).propertyName);
    return {
      ...base,
      origin: within(origin, key),
      atKey: true,
      message: `${quote(key)} cannot be a key: expected a key of 1 to 255 characters, without control characters or spaces around it`,
    };
  }
  const wanted =
    error.keyword === 'enum'
      ? orList((params.allowedValues ?? []).map(String))
      : (schema?.$comment ?? typeNames(error.schema));
  const hint = hintFor(error, params.allowedValues);
  const message = `${path === '' ? 'the file' : path}: expected ${wanted}, found ${describe(error.data)}`;
  return { ...base, message, ...(hint === undefined ? {} : { hint }) };
}

function hintFor(error: ErrorObject, allowed: unknown[] | undefined): string | undefined {
  const { data } = error;
  if (allowed !== undefined && typeof data === 'string') {
    const words = allowed.map(String);
    const near = words.find((word) => word === data.toLowerCase()) ?? nearest(data, words);
    return near === undefined ? undefined : `did you mean ${quote(near)}?`;
  }
  const takesText = ([] as unknown[]).concat(error.schema).includes('string');
  if (error.keyword === 'type' && takesText && (typeof data === 'number' || typeof data === 'boolean')) {
    return `as text it needs quotes: ${quote(String(data))}`;
  }
  if (error.keyword === 'type' && error.schema === 'boolean' && typeof data === 'string')
    return 'write true or false';
  return undefined;
}

function typeNames(schema: unknown): string {
  const names: Record<string, string> = {
    boolean: 'true or false',
    string: 'text',
    object: 'a map',
    array: 'a list',
  };
  return orList(([] as unknown[]).concat(schema).map((type) => names[String(type)] ?? 'a number'));
}

/** The value in a few words, for the end of a sentence. */
function describe(value: unknown): string {
  if (typeof value === 'string') return quote(value);
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  if (value !== null && typeof value === 'object') return 'a map';
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : 'nothing';
}

/** `policies[3].port` for `/policies/3/port`; keys that are no plain words stand in quotes. */
function nameOf(pointer: string): string {
  return stepsOf(pointer).reduce((path, step) => {
    if (/^[0-9]+$/.test(step)) return `${path}[${step}]`;
    if (/^[\w-]+$/.test(step)) return path === '' ? step : `${path}.${step}`;
    return `${path}[${quote(step)}]`;
  }, '');
}
