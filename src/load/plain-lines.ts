import { notPlain } from './plain-scalar.ts';

const [newline, space, hash] = [10, 32, 35];

/** A text that is read from its beginning to its end, line by line; throws `notPlain` where it is not what is asked for. */
export class Lines {
  readonly #text: string;
  /** Where the next character is. */
  at = 0;
  /** That of the line begun, once what was before it has ended; -1 at the end of the text. */
  indent = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** From a line's start to the first character of the next line that says something. */
  nextLine(): void {
    for (;;) {
      const start = this.at;
      this.skipSpaces();
      const code = this.code();
      if (Number.isNaN(code)) {
        this.indent = -1;
        return;
      }
      if (code === hash) this.#skipComment();
      else if (code !== newline) {
        this.indent = this.at - start;
        return;
      }
      this.at++;
    }
  }

  /** Nothing more may be said on this line. */
  endLine(): void {
    const start = this.at;
    this.skipSpaces();
    const code = this.code();
    if (code === hash && this.at > start) this.#skipComment();
    else if (code !== newline && !Number.isNaN(code)) throw notPlain;
    this.at++;
    this.nextLine();
  }

  /** How many characters the sticky expression matches here; 0: it does not. */
  lengthOf(what: RegExp): number {
    what.lastIndex = this.at;
    return what.test(this.#text) ? what.lastIndex - this.at : 0;
  }

  /** What the sticky expression matches here. */
  take(what: RegExp): string {
    const length = this.lengthOf(what);
    if (length === 0) throw notPlain;
    const start = this.at;
    this.at += length;
    return this.#text.slice(start, this.at);
  }

  /** The character that is next, or so many further on, as a number; NaN at the end of the text. */
  code(further = 0): number {
    return this.#text.charCodeAt(this.at + further);
  }

  skipSpaces(): void {
    while (this.code() === space) this.at++;
  }

  #skipComment(): void {
    const end = this.#text.indexOf('\n', this.at);
    this.at = end === -1 ? this.#text.length : end;
  }
}
