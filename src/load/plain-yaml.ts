import type { Place } from './json-text.ts';
import { Lines } from './plain-lines.ts';
import { placesIn } from './plain-places.ts';
import { notPlain, readScalar, wholeNumber } from './plain-scalar.ts';

/** What a text says and where: as the parser would have it, every place included. */
interface PlainYaml {
  readonly value: unknown;
  readonly find: (pointer: string) => Place | undefined;
}

/**
 * Reads a YAML text of the plainest kind in a twentieth of the parser's time: maps and lists by indentation, or in brackets within one
 * line; texts and numbers within one line, in quotes only without escapes. Undefined for every other text, one with a mistake included:
 * that is for the parser to read, and to explain.
 */
export function readPlainYaml(text: string): PlainYaml | undefined {
  if (unusual.test(text)) return undefined;
  const reader = new Reader(text);
  try {
    const value = reader.read();
    return { value, find: placesIn(value, reader.starts) };
  } catch (error) {
    if (error === notPlain) return undefined;
    throw error;
  }
}

/** What is no printable character of a common script, a tab, or an end of line of another system. */
const unusual = /[^\n -~\u00a1-\u1fff]/;

const beginning = /---\n/y;
const key = /[A-Za-z0-9_][\w./-]*|"[^"\\\n]*"|'[^'\n]*'/y;
const quoted = /"[^"\\\n]*"|'[^'\n]*'/y;
const plain = /[A-Za-z0-9_/](?:[\w./@+=-]|:(?=[\w:/])| (?=[\w/@+=]))*/y;
const longestKey = 200;
const deepest = 16;
const mostValues = 500_000;

const [newline, space, quotes, hash, apostrophe, comma, dash, colon] = [10, 32, 34, 35, 39, 44, 45, 58];
const [openBracket, closeBracket, openBrace, closeBrace] = [91, 93, 123, 125];

class Reader {
  readonly #lines: Lines;
  #values = 0;
  readonly starts = new Map<object, number[]>();

  constructor(text: string) {
    this.#lines = new Lines(text);
  }

  read(): unknown {
    this.#lines.nextLine();
    if (this.#lines.indent === 0 && this.#lines.lengthOf(beginning) > 0) {
      this.#lines.take(beginning);
      this.#lines.nextLine();
    }
    if (this.#lines.indent > 0 || this.#isItem()) throw notPlain;
    const value = this.#block(0, 0);
    if (this.#lines.indent !== -1) throw notPlain;
    return value;
  }

  #block(indent: number, depth: number): unknown {
    if (depth > deepest) throw notPlain;
    return this.#isItem() ? this.#items(indent, depth) : this.#members(indent, depth);
  }

  #isItem(): boolean {
    return this.#lines.code() === dash && this.#lines.code(1) === space;
  }

  #items(indent: number, depth: number): unknown {
    const list: unknown[] = [];
    const starts: number[] = [];
    while (this.#lines.indent === indent && this.#isItem()) {
      const dashAt = this.#lines.at++;
      this.#lines.skipSpaces();
      starts.push(this.#lines.at);
      const column = indent + this.#lines.at - dashAt;
      list.push(this.#beginsMember() ? this.#members(column, depth + 1) : this.#restOfLine(depth + 1));
    }
    return this.#keep(list, starts);
  }

  /** Whether a key with its colon is next, which makes it a map. */
  #beginsMember(): boolean {
    const length = this.#lines.lengthOf(key);
    if (length === 0 || this.#lines.code(length) !== colon) return false;
    const after = this.#lines.code(length + 1);
    return after === space || after === newline;
  }

  #members(indent: number, depth: number): unknown {
    const map: Record<string, unknown> = {};
    const starts: number[] = [];
    do {
      const keyAt = this.#lines.at;
      const name = this.#key(map);
      this.#lines.skipSpaces();
      const isBare = this.#lines.code() === newline || this.#lines.code() === hash;
      if (isBare) this.#nested(indent);
      starts.push(keyAt, this.#lines.at);
      map[name] = isBare ? this.#block(this.#lines.indent, depth + 1) : this.#restOfLine(depth + 1);
    } while (this.#lines.indent === indent);
    if (this.#lines.indent > indent) throw notPlain;
    return this.#keep(map, starts);
  }

  /** What belongs to a key is further in, or a list right below it. */
  #nested(indent: number): void {
    this.#lines.endLine();
    if (this.#lines.indent <= indent && !(this.#lines.indent === indent && this.#isItem())) throw notPlain;
  }

  #restOfLine(depth: number): unknown {
    const value = this.#inline(depth);
    this.#lines.endLine();
    return value;
  }

  #inline(depth: number): unknown {
    const code = this.#lines.code();
    if (code === openBrace) return this.#flowMembers(depth);
    if (code === openBracket) return this.#flowItems(depth);
    if (++this.#values > mostValues) throw notPlain;
    if (code === quotes || code === apostrophe) return this.#lines.take(quoted).slice(1, -1);
    return readScalar(this.#lines.take(plain));
  }

  #flowMembers(depth: number): unknown {
    const map: Record<string, unknown> = {};
    const starts: number[] = [];
    this.#entries(closeBrace, depth, () => {
      const keyAt = this.#lines.at;
      const name = this.#key(map);
      this.#lines.skipSpaces();
      starts.push(keyAt, this.#lines.at);
      map[name] = this.#inline(depth + 1);
    });
    return this.#keep(map, starts);
  }

  #flowItems(depth: number): unknown {
    const list: unknown[] = [];
    const starts: number[] = [];
    this.#entries(closeBracket, depth, () => {
      starts.push(this.#lines.at);
      list.push(this.#inline(depth + 1));
    });
    return this.#keep(list, starts);
  }

  #entries(close: number, depth: number, read: () => void): void {
    if (depth > deepest) throw notPlain;
    this.#lines.at++;
    this.#lines.skipSpaces();
    if (this.#lines.code() !== close) {
      for (;;) {
        read();
        this.#lines.skipSpaces();
        if (this.#lines.code() !== comma) break;
        this.#lines.at++;
        this.#lines.skipSpaces();
      }
      if (this.#lines.code() !== close) throw notPlain;
    }
    this.#lines.at++;
  }

  /** The key and its colon; one that is there already, or that means something of its own, is for the parser. */
  #key(map: object): string {
    const source = this.#lines.take(key);
    const first = source.charCodeAt(0);
    const name = first === quotes || first === apostrophe ? source.slice(1, -1) : readScalar(source);
    if (typeof name !== 'string' || name.length > longestKey || this.#lines.code() !== colon) throw notPlain;
    if (name === '<<' || name === '__proto__' || wholeNumber.test(name)) throw notPlain;
    if (Object.hasOwn(map, name)) throw notPlain;
    this.#lines.at++;
    const after = this.#lines.code();
    if (after !== space && after !== newline) throw notPlain;
    return name;
  }

  #keep<T extends object>(entries: T, starts: number[]): T {
    this.#values += starts.length;
    this.starts.set(entries, starts);
    return entries;
  }
}
