import { readFile } from 'node:fs/promises';
import type { ErrorObject, ValidateFunction } from 'ajv/dist/2020.js';
import type { Origin } from '../model/config.ts';
import { nearest } from '../model/names.ts';
import type { NetworksFile } from '../model/networks-file.ts';
import { type Finding, orList, quote, type Report, stepsOf, within } from './problem.ts';

/** What the schema leaves of a file: the entries without mistakes, and whether that is all of them. */
export interface Validated {
  readonly file: NetworksFile;
  readonly complete: boolean;
}

/** Mistakes beyond this many in one file are not turned into sentences; nobody reads them. */
const maxFindings = 2000;

const schemaFile = new URL('../../schemas/networks.schema.json', import.meta.url);

/** Makes the check of a file against the schema; every mistake is reported as a sentence. */
export async function prepareSchema(): Promise<(file: string, value: unknown, report: Report) => Validated> {
  const [{ Ajv2020 }, schema] = await Promise.all([import('ajv/dist/2020.js'), readFile(schemaFile, 'utf8')]);
  const ajv = new Ajv2020({ allErrors: true, verbose: true, allowUnionTypes: true, validateSchema: false });
  const validate: ValidateFunction<NetworksFile> = ajv.compile<NetworksFile>(JSON.parse(schema) as object);
  return (file, value, report) => {
    if (validate(value)) return { file: value, complete: true };
    const errors = validate.errors ?? [];
    const said = new Set<string>();
    for (const error of errors.slice(0, maxFindings)) {
      const finding = explain(error, { file, pointer: error.instancePath });
      const key = `${finding.origin.pointer}\n${finding.message}`;
      if (!said.has(key)) report(finding);
      said.add(key);
    }
    return { file: withoutMistakes(value, errors), complete: false };
  };
}

function explain(error: ErrorObject, origin: Origin): Finding {
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
export function nameOf(pointer: string): string {
  return stepsOf(pointer).reduce((path, step) => {
    if (/^[0-9]+$/.test(step)) return `${path}[${step}]`;
    if (/^[\w-]+$/.test(step)) return path === '' ? step : `${path}.${step}`;
    return `${path}[${quote(step)}]`;
  }, '');
}

/** The file without the entries (a network, a policy …) that have mistakes; a list keeps its indexes, with holes. */
function withoutMistakes(value: unknown, errors: readonly ErrorObject[]): NetworksFile {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return {};
  const bad = new Map<string, Set<string>>();
  for (const { instancePath, keyword, propertyName } of errors) {
    const [section, entry = propertyName] = stepsOf(instancePath);
    if (section === undefined || (entry === undefined && keyword === 'propertyNames')) continue;
    const entries = bad.get(section) ?? new Set();
    bad.set(section, entries.add(entry ?? '*'));
  }
  const left = Object.entries(value).map(([section, content]: [string, unknown]) => {
    const entries = bad.get(section);
    return [section, entries === undefined ? content : withoutEntries(content, entries)] as const;
  });
  return Object.fromEntries(left.filter(([, content]) => content !== undefined));
}

function withoutEntries(content: unknown, entries: ReadonlySet<string>): unknown {
  if (entries.has('*') || content === null || typeof content !== 'object') return undefined;
  if (Array.isArray(content)) {
    const kept: unknown[] = [];
    content.forEach((entry: unknown, index) => {
      if (!entries.has(String(index))) kept[index] = entry;
    });
    return kept;
  }
  return Object.fromEntries(Object.entries(content).filter(([key]) => !entries.has(key)));
}
