import { StringDecoder } from 'node:string_decoder';

/** Cuts text into its lines as it comes in pieces; the last one needs no line's end. */
export class Lines {
  readonly #onLine: (line: string) => void;
  readonly #decoder = new StringDecoder('utf8');
  #begun = '';

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  take(chunk: Buffer): void {
    const lines = (this.#begun + this.#decoder.write(chunk)).split('\n');
    this.#begun = lines.pop() ?? '';
    for (const line of lines) this.#onLine(line);
  }

  end(): void {
    const rest = this.#begun + this.#decoder.end();
    this.#begun = '';
    if (rest !== '') this.#onLine(rest);
  }
}
