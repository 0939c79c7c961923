import { quote } from './problem.ts';

/** A mistake in a text, by offset. */
export interface TextProblem {
  readonly offset: number;
  /** Where the other of two is. */
  readonly also?: number;
  readonly code: 'syntax' | 'duplicate-key' | 'too-large';
  readonly message: string;
  readonly hint?: string;
}

/** Where a value and, in a map, its key begin. */
export interface Place {
  readonly key?: number;
  readonly value: number;
}

/** Nesting beyond this is no configuration; the limit keeps every later walk's stack small. */
export const maxDepth = 64;
/** More values than this are no configuration either. */
export const maxValues = 1_000_000;
/** Nor is a list or map with more entries than this. */
export const maxEntries = 200_000;

class Malformed extends Error {
  readonly problem: TextProblem;
  constructor(problem: TextProblem) {
    super(problem.message);
    this.problem = problem;
  }
}

const escapes = new Set('"\\/bfnrtu'.split(''));

/** The text's mistakes: at most one of syntax, and every key that a map has twice, which `JSON.parse` would hide. */
export function checkJson(text: string): readonly TextProblem[] {
  const duplicates: TextProblem[] = [];
  try {
    scan(text, (offset, also, key) => duplicates.push(twice(offset, also, key)));
    return duplicates;
  } catch (error) {
    if (error instanceof Malformed) return [...duplicates, error.problem];
    throw error;
  }
}

/** The mistake of a map that has a key at both of these places. */
export function twice(offset: number, also: number, key: string): TextProblem {
  return { offset, also, code: 'duplicate-key', message: `the key ${quote(key)} is there twice` };
}

function scan(text: string, onDuplicate: (offset: number, also: number, key: string) => void): void {
  let at = 0;

  const fail = (message: string, hint?: string, offset = at): never => {
    throw new Malformed({ offset, code: 'syntax', message, ...(hint === undefined ? {} : { hint }) });
  };
  const unexpected = (expected: string): never => {
    if (at >= text.length)
      return fail(`the file ends where ${expected} should be`, 'is the file half-written?');
    if (text.startsWith('//', at) || text.startsWith('/*', at) || text[at] === '#') {
      return fail('JSON has no comments', 'remove it, or write the file as YAML (.yaml)');
    }
    return fail(`expected ${expected}, found ${quote(String.fromCodePoint(text.codePointAt(at) ?? 0))}`);
  };
  const skipSpace = (): void => {
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return;
    }
  };

  const string = (): string => {
    const start = at;
    let escaped = false;
    for (at++; ; at++) {
      const code = text.charCodeAt(at);
      if (code === 34) break;
      if (Number.isNaN(code)) fail('this text is never closed', 'is a " missing?', start);
      if (code < 32) fail('a line break or control character inside quotes', 'is a " missing?', start);
      if (code !== 92) continue;
      escaped = true;
      if (!escapes.has(text[at + 1] ?? ''))
        fail('an unknown escape after \\', 'a backslash itself is written \\\\');
      if (text[at + 1] === 'u' && !/^[0-9A-Fa-f]{4}$/.test(text.slice(at + 2, at + 6))) {
        fail('\\u needs four hexadecimal digits');
      }
      at++;
    }
    at++;
    const raw = text.slice(start, at);
    return escaped ? String(JSON.parse(raw)) : raw.slice(1, -1);
  };

  const scalar = (): void => {
    const word = /[-+.\w]*/y;
    word.lastIndex = at;
    const found = word.exec(text)?.[0] ?? '';
    if (found === '') unexpected('a value');
    if (!/^(true|false|null|-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?)$/.test(found)) {
      fail(`${quote(found)} is no JSON value`, 'text needs double quotes');
    }
    at += found.length;
  };

  const value = (depth: number): void => {
    skipSpace();
    const first = text[at];
    if (first === '"') string();
    else if (first === '{') members(depth);
    else if (first === '[') items(depth);
    else scalar();
    skipSpace();
  };

  const enter = (depth: number): void => {
    if (depth >= maxDepth) {
      const message = `nested more than ${maxDepth} levels deep`;
      throw new Malformed({ offset: at, code: 'too-large', message });
    }
    at++;
    skipSpace();
  };
  const limit = (entries: number): void => {
    if (entries <= maxEntries) return;
    throw new Malformed({
      offset: at,
      code: 'too-large',
      message: `more than ${maxEntries} entries in one list or map`,
    });
  };
  const next = (close: string, member: string): boolean => {
    if (text[at] === close) {
      at++;
      return false;
    }
    if (text[at] !== ',') unexpected(`a comma or ${close}`);
    const comma = at++;
    skipSpace();
    if (text[at] === close) fail(`a comma before ${close}`, `remove it, or add ${member} after it`, comma);
    return true;
  };

  const members = (depth: number): void => {
    enter(depth);
    const keys = new Map<string, number>();
    if (text[at] === '}') {
      at++;
      return;
    }
    do {
      const start = at;
      if (text[at] !== '"') unexpected('a key in double quotes');
      const key = string();
      const first = keys.get(key);
      if (first === undefined) keys.set(key, start);
      else onDuplicate(start, first, key);
      limit(keys.size);
      skipSpace();
      if (text[at] !== ':') unexpected('a colon');
      at++;
      value(depth + 1);
    } while (next('}', 'a key'));
  };

  const items = (depth: number): void => {
    enter(depth);
    if (text[at] === ']') {
      at++;
      return;
    }
    let index = 0;
    do {
      value(depth + 1);
      limit(++index);
    } while (next(']', 'a value'));
  };

  value(0);
  if (at < text.length) unexpected('the end of the file');
}
