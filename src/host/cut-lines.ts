import { StringDecoder } from 'node:string_decoder';

/** A longer line is cut. */
const longestLine = 2000;
/** More lines are not told. */
const mostLines = 1000;

/** Lines of text as they come in pieces, bounded however long and many they are. */
export class CutLines {
  readonly #onLine: (line: string) => void;
  #told = 0;

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  /** One source of text; what it has not ended by a line's end is told when it ends. */
  open(): { readonly write: (chunk: Buffer) => void; readonly end: () => void } {
    const decoder = new StringDecoder('utf8');
    let begun = '';
    const take = (text: string): void => {
      const [first = '', ...others] = text.split('\n');
      begun += first.slice(0, Math.max(0, longestLine + 1 - begun.length));
      for (const next of others) {
        this.#tell(begun);
        begun = next.slice(0, longestLine + 1);
      }
    };
    return {
      write: (chunk) => take(decoder.write(chunk)),
      end: () => {
        take(decoder.end());
        if (begun !== '') this.#tell(begun);
        begun = '';
      },
    };
  }

  #tell(line: string): void {
    this.#told++;
    if (this.#told > mostLines + 1) return;
    const text = line.replace(/\r$/, '');
    if (this.#told > mostLines) this.#onLine('… and more, which is left out');
    else this.#onLine(text.length > longestLine ? `${text.slice(0, longestLine)}…` : text);
  }
}
