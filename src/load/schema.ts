import { readFile } from 'node:fs/promises';
import type { ErrorObject, ValidateFunction } from 'ajv/dist/2020.js';
import type { NetworksFile } from '../model/networks-file.ts';
import { once } from './once.ts';
import { type Report, within } from './problem.ts';
import { explain } from './sentences.ts';

/** What the schema leaves of a file: the entries without mistakes, and whether that is all of them. */
export interface Validated {
  readonly file: NetworksFile;
  readonly complete: boolean;
}

export type Validate = (file: string, value: unknown, report: Report) => Validated;

interface Schema {
  readonly $defs: object;
  readonly properties: Readonly<Record<string, object>>;
}

/** Which definition each entry of a section answers to. */
const entries = { networks: 'network', ips: 'ip', policies: 'policy', routing: 'routing' } as const;
type Section = keyof typeof entries;

/** Mistakes beyond this many in one file are not turned into sentences; nobody reads them. */
const maxFindings = 2000;

const schemaFile = new URL('../../schemas/networks.schema.json', import.meta.url);

/**
 * Makes the check of files against the schema; every mistake is reported as a sentence. The sections' entries are checked one
 * by one: ajv copies all errors so far at each reference that has some, and a list of mistakes would take it minutes.
 */
async function prepareSchema(): Promise<Validate> {
  const [{ Ajv2020 }, text] = await Promise.all([import('ajv/dist/2020.js'), readFile(schemaFile, 'utf8')]);
  const schema = JSON.parse(text) as Schema;
  const ajv = new Ajv2020({ allErrors: true, verbose: true, allowUnionTypes: true, validateSchema: false });
  ajv.addSchema(schema, 'file');
  const validateShell = ajv.compile(shellOf(schema));
  const validatorOf = (section: Section): ValidateFunction | undefined =>
    ajv.getSchema(`file#/$defs/${entries[section]}`);
  return (file, value, report) => {
    let told = 0;
    const sound = (
      validate: ValidateFunction | undefined,
      data: unknown,
      pointer: string,
    ): readonly ErrorObject[] => {
      if (validate === undefined || validate(data)) return [];
      const errors = validate.errors ?? [];
      const said = new Set<string>();
      for (const error of errors) {
        if (told > maxFindings) break;
        const finding = explain(error, { file, pointer: pointer + error.instancePath });
        const words = `${finding.origin.pointer}\n${finding.message}`;
        if (said.has(words)) continue;
        said.add(words);
        told++;
        report(finding);
      }
      return errors;
    };

    const mistakes = sound(validateShell, value, '');
    if (mistakes.some(({ instancePath, keyword }) => instancePath === '' && keyword === 'type')) {
      return { file: {}, complete: false };
    }
    let complete = mistakes.length === 0;
    const kept: [string, unknown][] = [];
    for (const [section, content] of Object.entries(value as object) as [string, unknown][]) {
      if (mistakes.some(({ instancePath }) => instancePath === `/${section}`)) continue;
      if (!isSection(section)) {
        kept.push([section, content]);
        continue;
      }
      const validate = validatorOf(section);
      const isGood = (key: string | number, entry: unknown): boolean =>
        sound(validate, entry, within({ file, pointer: '' }, section, key).pointer).length === 0;
      const [left, all] = keepGood(content, isGood);
      kept.push([section, left]);
      complete &&= all;
    }
    return { file: Object.fromEntries(kept), complete };
  };
}

/** The check of files against the schema, prepared when first used: to compile it takes longer than to use it. */
export const schemaCheck: () => Promise<Validate> = once(prepareSchema);

function isSection(key: string): key is Section {
  return Object.hasOwn(entries, key);
}

/** The schema without what it says of entries. */
function shellOf(schema: Schema): object {
  const properties = Object.entries(schema.properties).map(([key, property]) => {
    if (!isSection(key)) return [key, property] as const;
    const entry = 'items' in property ? 'items' : 'additionalProperties';
    return [key, { ...property, [entry]: true }] as const;
  });
  return { ...schema, $id: 'urn:netwright:shell', properties: Object.fromEntries(properties) };
}

/** The good entries and whether that is all; a list keeps its indexes, with holes. */
function keepGood(
  content: unknown,
  isGood: (key: string | number, entry: unknown) => boolean,
): readonly [left: unknown, all: boolean] {
  if (Array.isArray(content)) {
    const list = content as readonly unknown[];
    const left: unknown[] = [];
    for (const [index, entry] of list.entries()) if (isGood(index, entry)) left[index] = entry;
    return [left, Object.keys(left).length === list.length];
  }
  const all = Object.entries(content as object) as [string, unknown][];
  const left = all.filter(([key, entry]) => isGood(key, entry));
  return [Object.fromEntries(left), left.length === all.length];
}
