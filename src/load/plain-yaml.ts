import type { Place } from './json-text.ts';
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

const key = /[A-Za-z0-9_][\w./-]*|"[^"\\\n]*"|'[^'\n]*'/y;
const quoted = /"[^"\\\n]*"|'[^'\n]*'/y;
const plain = /[A-Za-z0-9_/](?:[\w./@+=-]|:(?=[\w:/])| (?=[\w/@+=]))*/y;
const longestKey = 200;
const deepest = 16;
const mostValues = 500_000;

const [newline, space, quotes, hash, apostrophe, comma, dash, colon] = [10, 32, 34, 35, 39, 44, 45, 58];
const [openBracket, closeBracket, openBrace, closeBrace] = [91, 93, 123, 125];

class Reader {
  readonly #text: string;
  #at = 0;
  /** That of the line begun, once what was before it has ended; -1 at the end of the text. */
  #indent = 0;
  #values = 0;
  readonly starts = new Map<object, number[]>();

  constructor(text: string) {
    this.#text = text;
  }

  read(): unknown {
    this.#nextLine();
    if (this.#indent === 0 && this.#text.startsWith('---\n', this.#at)) {
      this.#at += 4;
      this.#nextLine();
    }
    if (this.#indent > 0 || this.#isItem()) throw notPlain;
    const value = this.#block(0, 0);
    if (this.#indent !== -1) throw notPlain;
    return value;
  }

  /** From a line's start to the first character of the next line that says something. */
  #nextLine(): void {
    for (;;) {
      const start = this.#at;
      this.#skipSpaces();
      const code = this.#code();
      if (Number.isNaN(code)) {
        this.#indent = -1;
        return;
      }
      if (code === hash) this.#skipComment();
      else if (code !== newline) {
        this.#indent = this.#at - start;
        return;
      }
      this.#at++;
    }
  }

  /** Nothing more may be said on this line. */
  #endLine(): void {
    const start = this.#at;
    this.#skipSpaces();
    const code = this.#code();
    if (code === hash && this.#at > start) this.#skipComment();
    else if (code !== newline && !Number.isNaN(code)) throw notPlain;
    this.#at++;
    this.#nextLine();
  }

  #block(indent: number, depth: number): unknown {
    if (depth > deepest) throw notPlain;
    return this.#isItem() ? this.#items(indent, depth) : this.#members(indent, depth);
  }

  #isItem(): boolean {
    return this.#code() === dash && this.#text.charCodeAt(this.#at + 1) === space;
  }

  #items(indent: number, depth: number): unknown {
    const list: unknown[] = [];
    const starts: number[] = [];
    while (this.#indent === indent && this.#isItem()) {
      const dashAt = this.#at++;
      this.#skipSpaces();
      starts.push(this.#at);
      const column = indent + this.#at - dashAt;
      list.push(this.#beginsMember() ? this.#members(column, depth + 1) : this.#restOfLine(depth + 1));
    }
    return this.#keep(list, starts);
  }

  /** Whether a key with its colon is next, which makes it a map. */
  #beginsMember(): boolean {
    key.lastIndex = this.#at;
    if (!key.test(this.#text)) return false;
    const end = key.lastIndex;
    if (this.#text.charCodeAt(end) !== colon) return false;
    const after = this.#text.charCodeAt(end + 1);
    return after === space || after === newline;
  }

  #members(indent: number, depth: number): unknown {
    const map: Record<string, unknown> = {};
    const starts: number[] = [];
    do {
      const keyAt = this.#at;
      const name = this.#key(map);
      this.#skipSpaces();
      const isBare = this.#code() === newline || this.#code() === hash;
      if (isBare) this.#nested(indent);
      starts.push(keyAt, this.#at);
      map[name] = isBare ? this.#block(this.#indent, depth + 1) : this.#restOfLine(depth + 1);
    } while (this.#indent === indent);
    if (this.#indent > indent) throw notPlain;
    return this.#keep(map, starts);
  }

  /** What belongs to a key is further in, or a list right below it. */
  #nested(indent: number): void {
    this.#endLine();
    if (this.#indent <= indent && !(this.#indent === indent && this.#isItem())) throw notPlain;
  }

  #restOfLine(depth: number): unknown {
    const value = this.#inline(depth);
    this.#endLine();
    return value;
  }

  #inline(depth: number): unknown {
    const code = this.#code();
    if (code === openBrace) return this.#flowMembers(depth);
    if (code === openBracket) return this.#flowItems(depth);
    if (++this.#values > mostValues) throw notPlain;
    if (code === quotes || code === apostrophe) return this.#take(quoted).slice(1, -1);
    return readScalar(this.#take(plain));
  }

  #flowMembers(depth: number): unknown {
    const map: Record<string, unknown> = {};
    const starts: number[] = [];
    this.#entries(closeBrace, depth, () => {
      const keyAt = this.#at;
      const name = this.#key(map);
      this.#skipSpaces();
      starts.push(keyAt, this.#at);
      map[name] = this.#inline(depth + 1);
    });
    return this.#keep(map, starts);
  }

  #flowItems(depth: number): unknown {
    const list: unknown[] = [];
    const starts: number[] = [];
    this.#entries(closeBracket, depth, () => {
      starts.push(this.#at);
      list.push(this.#inline(depth + 1));
    });
    return this.#keep(list, starts);
  }

  #entries(close: number, depth: number, read: () => void): void {
    if (depth > deepest) throw notPlain;
    this.#at++;
    this.#skipSpaces();
    if (this.#code() !== close) {
      for (;;) {
        read();
        this.#skipSpaces();
        if (this.#code() !== comma) break;
        this.#at++;
        this.#skipSpaces();
      }
      if (this.#code() !== close) throw notPlain;
    }
    this.#at++;
  }

  /** The key and its colon; one that is there already, or that means something of its own, is for the parser. */
  #key(map: object): string {
    const source = this.#take(key);
    const first = source.charCodeAt(0);
    const name = first === quotes || first === apostrophe ? source.slice(1, -1) : readScalar(source);
    if (typeof name !== 'string' || name.length > longestKey || this.#code() !== colon) throw notPlain;
    if (name === '<<' || name === '__proto__' || wholeNumber.test(name)) throw notPlain;
    if (Object.hasOwn(map, name)) throw notPlain;
    this.#at++;
    const after = this.#code();
    if (after !== space && after !== newline) throw notPlain;
    return name;
  }

  #take(what: RegExp): string {
    what.lastIndex = this.#at;
    if (!what.test(this.#text)) throw notPlain;
    const found = this.#text.slice(this.#at, what.lastIndex);
    this.#at = what.lastIndex;
    return found;
  }

  #keep<T extends object>(entries: T, starts: number[]): T {
    this.#values += starts.length;
    this.starts.set(entries, starts);
    return entries;
  }

  #code(): number {
    return this.#text.charCodeAt(this.#at);
  }

  #skipSpaces(): void {
    while (this.#code() === space) this.#at++;
  }

  #skipComment(): void {
    const end = this.#text.indexOf('\n', this.#at);
    this.#at = end === -1 ? this.#text.length : end;
  }
}
