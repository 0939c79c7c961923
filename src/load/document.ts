import type { Origin } from '../model/config.ts';
import { jsonPlaces } from './json-places.ts';
import { checkJson, type Place, type TextProblem } from './json-text.ts';
import { once } from './once.ts';
import { positionsOf } from './position.ts';
import { type Position, type Problem, withOther } from './problem.ts';
import { type Size, sizeOf } from './size.ts';
import type { Source } from './source.ts';

/** One file as data, and where everything in it is. */
export interface FileDocument {
  readonly file: string;
  readonly value: unknown;
  /** The place a pointer leads to, or the nearest one around it; a map's member is where its key is, unless its value is asked for. */
  readonly locate: (pointer: string, at?: 'value') => Position;
}

export type Read =
  | { readonly ok: true; readonly document: FileDocument }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** A text as data, and its size where that is known already. */
type ParsedText =
  | {
      readonly ok: true;
      readonly value: unknown;
      readonly size?: Size;
      readonly find: (pointer: string) => Place | undefined;
    }
  | { readonly ok: false; readonly problems: readonly TextProblem[] };

/** Above this length a text is scanned before it is parsed: the scan stops at what is too deep or too much. */
const scanFirst = 4 * 1024 * 1024;
/** Reads one file's text as JSON or YAML: by its ending, else by whether it begins with a brace. */
export async function readDocument({ file, bytes }: Source): Promise<Read> {
  const text = decode(bytes);
  const refuse = (problems: readonly TextProblem[]): Read => {
    const positionOf = positionsOf(text ?? '');
    return {
      ok: false,
      problems: problems.map(({ offset, also, message, ...problem }) => ({
        severity: 'error',
        file,
        ...positionOf(offset),
        message: also === undefined ? message : withOther(message, file, positionOf(also)),
        ...problem,
      })),
    };
  };
  if (text === undefined) {
    return refuse([
      { offset: 0, code: 'syntax', message: 'this is no text in UTF-8', hint: 'save it as UTF-8' },
    ]);
  }
  if (text.trim() === '') return refuse([empty]);
  const read: ParsedText = isJson(file, text)
    ? readJson(text)
    : (await import('./yaml-text.ts')).parseYaml(text);
  if (!read.ok) return refuse(read.problems);
  if (read.value === null || read.value === undefined) return refuse([empty]);
  const { excess } = read.size ?? sizeOf(read.value);
  if (excess !== undefined) return refuse([{ offset: 0, code: 'too-large', message: excess }]);
  return { ok: true, document: { file, value: read.value, locate: locator(text, read.find) } };
}

const empty: TextProblem = {
  offset: 0,
  code: 'syntax',
  message: 'the file is empty',
  hint: 'to have nothing, write {}',
};

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function isJson(file: string, text: string): boolean {
  if (/\.ya?ml$/.test(file)) return false;
  return file.endsWith('.json') || /^\s*[{[]/.test(text.slice(0, 1000));
}

function readJson(text: string): ParsedText {
  const value = text.length > scanFirst ? undefined : parsed(text);
  const size = value === undefined ? undefined : sizeOf(value);
  const problems = size?.excess === undefined && size?.keys === membersIn(text) ? [] : checkJson(text);
  if (problems.length > 0) return { ok: false, problems };
  const find = jsonPlaces(text);
  if (size !== undefined) return { ok: true, value, size, find };
  const scanned: unknown = JSON.parse(text);
  return { ok: true, value: scanned, size: sizeOf(scanned), find };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** At least as many as the text has members, and more only when quotes are inside text: a cheap sign that no key is there twice. */
function membersIn(text: string): number {
  let members = 0;
  for (let at = text.indexOf('"'); at !== -1; at = text.indexOf('"', at + 1)) {
    let next = at + 1;
    while (text.charCodeAt(next) <= 32) next++;
    if (text.charCodeAt(next) === 58) members++;
  }
  return members;
}

function locator(text: string, find: (pointer: string) => Place | undefined): FileDocument['locate'] {
  const positions = once(() => positionsOf(text));
  return (pointer, at) => {
    let around = pointer;
    let place = find(around);
    while (place === undefined && around !== '') {
      around = around.slice(0, around.lastIndexOf('/'));
      place = find(around);
    }
    const offset = at === 'value' ? place?.value : (place?.key ?? place?.value);
    return positions()(offset ?? 0);
  };
}

/** Where in the read files an origin is, if its file was read. */
export function locateIn(
  documents: readonly Pick<FileDocument, 'file' | 'locate'>[],
  origin: Origin,
  at?: 'value',
): Position | undefined {
  return documents.find((document) => document.file === origin.file)?.locate(origin.pointer, at);
}
